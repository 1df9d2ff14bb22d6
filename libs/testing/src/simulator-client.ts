/** One request as the simulator served it; see the simulator's own ledger. */
export interface SimulatorEntry {
  readonly requestId: string | null;
  /** As the gateway sent it. */
  readonly authorization: string | null;
  readonly model: string | null;
  readonly status: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly completionTokensSent: number;
  readonly chunksSent: number;
  readonly ending: 'open' | 'finished' | 'cut' | 'client_gone';
}

/** The provider's own books: the truth that the ledger is compared with. */
export interface SimulatorClient {
  entries(): Promise<SimulatorEntry[]>;
  /** Calls that reached the provider with a request id that begins so. */
  entriesOf(requestIdPrefix: string): Promise<SimulatorEntry[]>;
  /** Behaviour of calls without a directive of their own; see the simulator's behaviours. */
  behave(behaviour: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Talks to the control plane of the simulator at `url`. */
export function simulatorClient(url: string): SimulatorClient {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${url}/__sim/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the simulator answered ${response.status} to ${method} ${path}: ${text}`);
    return JSON.parse(text);
  };
  const entries = async (): Promise<SimulatorEntry[]> =>
    ((await call('GET', 'ledger')) as { entries: SimulatorEntry[] }).entries;
  return {
    entries,
    entriesOf: async (prefix) => (await entries()).filter(({ requestId }) => requestId?.startsWith(prefix) === true),
    behave: async (behaviour) => {
      await call('PUT', 'behaviour', behaviour);
    },
  };
}

/** Messages that tell the simulator how to serve this call. */
export function simulated(behaviour: Readonly<Record<string, unknown>>): { role: 'user'; content: string }[] {
  return [{ role: 'user', content: `sim:${JSON.stringify(behaviour)}` }];
}
