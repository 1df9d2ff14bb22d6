import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { EPOCH_FIELD, type HoldRecord, tenantKeys } from '@penstock/dto';
import {
  type GovernanceClient,
  governanceClient,
  LedgerReader,
  type LimitsInput,
  sendChat,
  type SimulatorClient,
  simulatorClient,
  type Stack,
  type StackOptions,
  startStack,
  waitFor,
} from '@penstock/testing';
import { Redis } from 'ioredis';

import { type CounterWatch, watchCounters } from './watch-counters.js';

const RECONCILE = fileURLToPath(new URL('../../../worker/dist/reconcile-cli.js', import.meta.url));

/** A model that no catalogue knows, at prices that make whole nano-dollars of every token. */
export const MODEL = 'openai/proof';
export const INPUT_NANO_USD = 1_000n;
export const OUTPUT_NANO_USD = 4_000n;

/** Limits of one level. */
export type LevelLimits = LimitsInput;

/** Roomy enough for every test, so that each level has counters of every unit. */
export const ROOMY = {
  budget: { max_limit: 100_000_000, reset_duration: '1d' },
  rate_limit: {
    token_max_limit: 1_000_000_000,
    token_reset_duration: '1d',
    request_max_limit: 1_000_000,
    request_reset_duration: '1d',
  },
} as const satisfies LevelLimits;

/** A customer with a team with a key; its calls carry request ids that begin with `label`. */
export interface Tenant {
  readonly label: string;
  readonly id: string;
  readonly teamId: string;
  readonly keyId: string;
  readonly key: string;
}

/** An answer as a client saw it; `error` when the connection broke, also in the middle of the body. */
export interface Answer {
  readonly requestId: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly error?: unknown;
}

/** What Redis knows of a tenant. */
export interface TenantState {
  readonly counters: ReadonlyMap<string, bigint>;
  readonly holds: readonly HoldRecord[];
  readonly outboxIds: readonly string[];
  readonly dispatchedIds: readonly string[];
}

/** How to call. */
export interface CallOptions {
  /** Index of the gateway; 0 unless told otherwise. */
  readonly gateway?: number;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A stack of real processes with everything that is needed to look into its books. */
export class Proof {
  private tenantCount = 0;
  private callCount = 0;
  private readonly cleanUps: (() => Promise<void>)[] = [];
  readonly governance: GovernanceClient;
  readonly simulator: SimulatorClient;
  readonly ledger: LedgerReader;
  readonly redis: Redis;

  private constructor(readonly stack: Stack) {
    this.governance = governanceClient(stack);
    this.simulator = simulatorClient(stack.simulatorUrl);
    this.ledger = new LedgerReader(stack.databaseUrl);
    this.redis = new Redis(stack.redisUrl, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
    // Redis is killed on purpose; the client comes back by itself.
    this.redis.on('error', () => undefined);
  }

  static async start(options: StackOptions = {}): Promise<Proof> {
    const env = { PENSTOCK_STORE_DEADLINE_MS: '5000', ...options.env };
    const proof = new Proof(await startStack({ gateways: 2, aof: true, admin: false, ...options, env }));
    await proof.setPrice('proof', { input_usd_per_mtok: '1', output_usd_per_mtok: '4' });
    return proof;
  }

  async stop(): Promise<void> {
    for (const cleanUp of this.cleanUps.toReversed()) await cleanUp();
    this.redis.disconnect();
    await this.ledger.close();
    await this.stack.stop();
  }

  /** Sets the operator's price of a model of openai. */
  async setPrice(model: string, prices: Readonly<Record<string, string>>): Promise<void> {
    const { status, body } = await this.governance.request('POST', '/price-overrides', {
      provider: 'openai',
      model,
      ...prices,
    });
    if (status !== 201) throw new Error(`the price was refused: ${JSON.stringify(body)}`);
  }

  /** A tenant of its own; levels without limits of their own get {@link ROOMY}. */
  async createTenant(levels: Partial<Record<'key' | 'team' | 'customer', LevelLimits>> = {}): Promise<Tenant> {
    this.tenantCount += 1;
    const label = `t${this.tenantCount}-`;
    const limitsOf = (level: 'key' | 'team' | 'customer'): LevelLimits => levels[level] ?? ROOMY;
    const name = `${label}${process.pid}`;
    const customer = await this.governance.createCustomer({ name, ...limitsOf('customer') });
    const team = await this.governance.createTeam({ name, customer_id: customer.id, ...limitsOf('team') });
    const key = await this.governance.createVirtualKey({ name, team_id: team.id, ...limitsOf('key') });
    return { label, id: customer.id, teamId: team.id, keyId: key.id, key: key.value };
  }

  /** Runs when the proof stops, also after a test that failed. */
  onStop(cleanUp: () => Promise<void>): void {
    this.cleanUps.push(cleanUp);
  }

  async watchCounters(tenant: Tenant): Promise<CounterWatch> {
    const watch = await watchCounters(this.redis, tenant.id);
    this.onStop(() => watch.stop());
    return watch;
  }

  /** Sends a call; the response comes as it is, body unread. */
  async open(tenant: Tenant, { gateway = 0, body, headers, signal }: CallOptions = {}): Promise<Response> {
    const gatewayUrl = this.stack.gatewayUrls[gateway];
    if (gatewayUrl === undefined) throw new Error(`there is no gateway ${gateway}`);
    this.callCount += 1;
    return sendChat({
      gatewayUrl,
      key: tenant.key,
      headers: { 'x-request-id': `${tenant.label}${this.callCount}`, ...headers },
      body: { model: MODEL, ...body },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Sends a call and reads the answer to its end, or to where it broke. Never rejects. */
  async call(tenant: Tenant, options: CallOptions = {}): Promise<Answer> {
    let response: Response | undefined;
    let text = '';
    const answer = (): Omit<Answer, 'error'> => ({
      requestId: response?.headers.get('x-request-id') ?? '',
      status: response?.status ?? 0,
      headers: response?.headers ?? new Headers(),
      text,
    });
    try {
      response = await this.open(tenant, options);
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk as Uint8Array, { stream: true });
      return answer();
    } catch (error) {
      return { ...answer(), error };
    }
  }

  async stateOf(tenantId: string): Promise<TenantState> {
    const keys = tenantKeys(tenantId);
    const replies = await this.redis
      .multi()
      .hgetall(keys.counters)
      .hvals(keys.holds)
      .hkeys(keys.outbox)
      .smembers(keys.dispatched)
      .exec();
    const [counters, holds, outboxIds, dispatchedIds] = (replies ?? []).map(([, value]) => value);
    const fields = Object.entries((counters ?? {}) as Record<string, string>).filter(([name]) => name !== EPOCH_FIELD);
    return {
      counters: new Map(fields.map(([name, value]) => [name, BigInt(value)])),
      holds: ((holds ?? []) as string[]).map((json) => JSON.parse(json) as HoldRecord),
      outboxIds: (outboxIds ?? []) as string[],
      dispatchedIds: (dispatchedIds ?? []) as string[],
    };
  }

  /** Waits until nothing of the tenant is in flight or on its way to PostgreSQL; gives its state then. */
  async settled(tenant: Tenant, timeoutMs = 60_000): Promise<TenantState> {
    let last: TenantState | undefined;
    try {
      return await waitFor(
        async () => {
          last = await this.stateOf(tenant.id);
          const { holds, outboxIds, dispatchedIds } = last;
          return holds.length + outboxIds.length + dispatchedIds.length === 0 ? last : undefined;
        },
        { what: `the books of tenant ${tenant.label} to be closed`, timeoutMs, intervalMs: 50 },
      );
    } catch (cause) {
      throw new Error(
        `still open: ${JSON.stringify(last, (_, value) => (value instanceof Map ? [...value.keys()] : value))}`,
        { cause },
      );
    }
  }

  /** Runs the operators' own check of Redis against PostgreSQL, or their repair. */
  reconcile(args: readonly string[] = ['--check']): Promise<{ readonly exitCode: number; readonly output: string }> {
    const env = { ...process.env, DATABASE_URL: this.stack.databaseUrl, REDIS_URL: this.stack.redisUrl };
    return new Promise((resolve) => {
      execFile(process.execPath, [RECONCILE, ...args], { env }, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
  }
}
