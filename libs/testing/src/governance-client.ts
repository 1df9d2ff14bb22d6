/** What happens to a call that does not fit. */
interface OnExceedInput {
  readonly on_exceed?: 'deny' | 'clamp' | 'fallback' | 'shadow';
  readonly fallback_model?: string;
}

/** A limit on money: cents and a duration such as `1d`, rolling unless it is aligned to the calendar. */
export interface BudgetInput extends OnExceedInput {
  readonly id?: string;
  readonly max_limit?: number;
  readonly reset_duration?: string;
  readonly calendar_aligned?: boolean;
  readonly thresholds?: readonly number[];
  readonly rollover_max?: number;
}

/** Limits on tokens and requests, each with its own duration. */
export interface RateLimitInput extends OnExceedInput {
  readonly token_max_limit?: number;
  readonly token_reset_duration?: string;
  readonly request_max_limit?: number;
  readonly request_reset_duration?: string;
  readonly input_token_max_limit?: number;
  readonly input_token_reset_duration?: string;
  readonly output_token_max_limit?: number;
  readonly output_token_reset_duration?: string;
  readonly concurrent_max_limit?: number;
  readonly window_type?: 'fixed' | 'sliding';
}

/** The limits that somebody carries. */
export interface LimitsInput {
  readonly budget?: BudgetInput | null;
  readonly budgets?: readonly BudgetInput[] | null;
  readonly rate_limit?: RateLimitInput | null;
}

/** A provider that a key may use. */
export interface ProviderConfigInput extends LimitsInput {
  readonly provider: string;
  readonly weight?: number;
  readonly allowed_models?: readonly string[] | null;
}

/** Fields of a customer. */
export interface CustomerInput extends LimitsInput {
  readonly name?: string;
}

/** Fields of a team. */
export interface TeamInput extends CustomerInput {
  readonly customer_id?: string | null;
}

/** Fields of a virtual key. */
export interface VirtualKeyInput extends LimitsInput {
  readonly name?: string;
  readonly description?: string;
  readonly is_active?: boolean;
  readonly allowed_models?: readonly string[] | null;
  readonly allowed_providers?: readonly string[] | null;
  /** RFC 3339. */
  readonly expires_at?: string | null;
  readonly allowed_ips?: readonly string[] | null;
  readonly tags?: readonly string[] | null;
  readonly team_id?: string | null;
  readonly customer_id?: string | null;
  readonly provider_configs?: readonly ProviderConfigInput[] | null;
}

/** What every answer has; `usage` fields are numbers at the edge. */
export interface GovernanceEntity {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly budget?: {
    readonly id: string;
    readonly max_limit: number;
    readonly current_usage: number;
    readonly reset_duration: string;
    readonly last_reset: string;
  };
  readonly rate_limit?: {
    readonly id: string;
    readonly token_max_limit?: number;
    readonly token_current_usage: number;
    readonly request_max_limit?: number;
    readonly request_current_usage: number;
  };
}

/** A virtual key as returned. */
export interface VirtualKey extends GovernanceEntity {
  readonly value: string;
  readonly is_active: boolean;
  readonly allowed_models: readonly string[] | null;
  readonly allowed_providers: readonly string[] | null;
  /** Values that work, the current one first. */
  readonly secrets: readonly {
    readonly id: string;
    readonly value: string;
    readonly created_at: string;
    readonly expires_at: string | null;
    readonly last_used_at: string | null;
  }[];
  readonly team_id?: string;
  readonly customer_id?: string;
}

/** A team as returned. */
export interface Team extends GovernanceEntity {
  readonly customer_id?: string;
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** Typed calls to the governance API. */
export interface GovernanceClient {
  createCustomer(input: CustomerInput & { readonly name: string }): Promise<GovernanceEntity>;
  createTeam(input: TeamInput & { readonly name: string }): Promise<Team>;
  createVirtualKey(input: VirtualKeyInput & { readonly name: string }): Promise<VirtualKey>;
  getCustomer(id: string): Promise<GovernanceEntity>;
  getTeam(id: string): Promise<Team>;
  getVirtualKey(id: string): Promise<VirtualKey>;
  updateCustomer(id: string, input: CustomerInput): Promise<GovernanceEntity>;
  updateTeam(id: string, input: TeamInput): Promise<Team>;
  updateVirtualKey(id: string, input: VirtualKeyInput): Promise<VirtualKey>;
  deleteCustomer(id: string): Promise<void>;
  deleteTeam(id: string): Promise<void>;
  deleteVirtualKey(id: string): Promise<void>;
  /** Gives a key a new value; the one before works on for the overlap, such as `1h`. */
  rotateVirtualKey(id: string, overlap?: string): Promise<VirtualKey>;
  resetUsage(virtualKeyId: string): Promise<void>;
  /** Any call, whatever the answer. The path starts after `/api/governance`. */
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RawAnswer>;
}

/** Calls governance as the operator; anything but 2xx is an error that shows the answer. */
export function governanceClient(stack: {
  readonly governanceUrl: string;
  readonly masterKey: string;
}): GovernanceClient {
  const request: GovernanceClient['request'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${stack.governanceUrl}/api/governance${path}`, {
      method,
      headers: { 'x-admin-key': stack.masterKey, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: unknown;
    try {
      parsed = text === '' ? {} : JSON.parse(text);
    } catch (cause) {
      throw new Error(`${method} ${path} answered ${response.status} without JSON: ${text.slice(0, 500)}`, { cause });
    }
    return { status: response.status, headers: response.headers, body: parsed as Record<string, unknown> };
  };
  const call = async <T>(method: string, path: string, key: string, body?: unknown): Promise<T> => {
    const answer = await request(method, path, body);
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body[key] as T;
  };
  return {
    createCustomer: (input) => call('POST', '/customers', 'customer', input),
    createTeam: (input) => call('POST', '/teams', 'team', input),
    createVirtualKey: (input) => call('POST', '/virtual-keys', 'virtual_key', input),
    getCustomer: (id) => call('GET', `/customers/${id}`, 'customer'),
    getTeam: (id) => call('GET', `/teams/${id}`, 'team'),
    getVirtualKey: (id) => call('GET', `/virtual-keys/${id}`, 'virtual_key'),
    updateCustomer: (id, input) => call('PUT', `/customers/${id}`, 'customer', input),
    updateTeam: (id, input) => call('PUT', `/teams/${id}`, 'team', input),
    updateVirtualKey: (id, input) => call('PUT', `/virtual-keys/${id}`, 'virtual_key', input),
    deleteCustomer: (id) => call('DELETE', `/customers/${id}`, 'message'),
    deleteTeam: (id) => call('DELETE', `/teams/${id}`, 'message'),
    deleteVirtualKey: (id) => call('DELETE', `/virtual-keys/${id}`, 'message'),
    rotateVirtualKey: (id, overlap) =>
      call('POST', `/virtual-keys/${id}/rotate`, 'virtual_key', overlap === undefined ? {} : { overlap }),
    resetUsage: (virtualKeyId) => call('POST', '/usage-reset', 'message', { virtual_key_id: virtualKeyId }),
    request,
  };
}
