import { Inject, Injectable } from '@nestjs/common';
import { inputTokensOf, outputTokensOf } from '@penstock/domain';
import { chargedAmountsOf, type HoldRecord, tenantKeys, type UsageRecord } from '@penstock/dto';
import { REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

/** A call of a job, as usage records name it. */
export interface JobCallRef {
  readonly tenantId: string;
  readonly jobId: string;
  readonly callId: string;
}

/** Everything that was accounted for one call of a job: the sum over the upstream calls that were made for it. */
export interface JobCallAccount {
  /** Upstream calls that were accounted; 0 when no provider served the call. */
  readonly attempts: number;
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly tokens: bigint;
  /** What the providers cost, nano-dollars. */
  readonly costNanoUsd: bigint;
  /** What the client pays, nano-dollars. */
  readonly clientCostNanoUsd: bigint;
  /** Taken of the job's hold. */
  readonly microCredits: bigint;
  /** Of the last upstream call, which is the one that served. */
  readonly modelUsed: string | null;
  readonly provider: string | null;
}

/** A call that nothing was accounted for. */
export const NO_ACCOUNT: JobCallAccount = Object.freeze({
  attempts: 0,
  promptTokens: 0n,
  completionTokens: 0n,
  tokens: 0n,
  costNanoUsd: 0n,
  clientCostNanoUsd: 0n,
  microCredits: 0n,
  modelUsed: null,
  provider: null,
});

/** One accounted upstream call. */
interface Part extends Omit<JobCallAccount, 'attempts'> {
  readonly id: string;
}

interface EventRow {
  readonly id: string;
  readonly promptTokens: string;
  readonly completionTokens: string;
  readonly tokens: string;
  readonly costNanoUsd: string;
  readonly clientCostNanoUsd: string;
  readonly microCredits: string;
  readonly modelUsed: string;
  readonly provider: string;
}

const EVENTS = `
  SELECT id, model_sent AS "modelUsed", provider, tokens, cost_nano_usd AS "costNanoUsd",
    COALESCE(client_cost_nano_usd, cost_nano_usd) AS "clientCostNanoUsd", micro_credits AS "microCredits",
    input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + input_audio_tokens
      + input_image_tokens AS "promptTokens",
    output_tokens + reasoning_tokens + output_audio_tokens AS "completionTokens"
  FROM ledger.usage_events WHERE job_id = $1 AND job_call_id = $2`;

/**
 * Finds what a call of a job came to. A gateway settles into Redis before the last byte of its answer goes out, and
 * the worker moves the record to PostgreSQL; whoever looks at holds, outbox and ledger in this order misses none.
 */
@Injectable()
export class JobCallAccounts {
  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly dataSource: DataSource,
  ) {}

  /**
   * The account of a call, or `open` while a gateway still works on it. Rejects when Redis or PostgreSQL is away.
   *
   * @param attemptIds ids of its upstream calls, as the gateway named them. Null: not known; then all that the tenant
   * has in flight is looked through.
   */
  async find(ref: JobCallRef, attemptIds: readonly string[] | null): Promise<JobCallAccount | 'open'> {
    const { holds, outbox } = tenantKeys(ref.tenantId);
    const heldTexts = await this.read(holds, attemptIds);
    const isOpen = heldTexts.some((text) => isOf(ref, JSON.parse(text) as HoldRecord));
    if (isOpen) return 'open';
    const records = (await this.read(outbox, attemptIds))
      .map((text) => JSON.parse(text.slice(1)) as UsageRecord)
      .filter((record) => isOf(ref, record));
    const rows: EventRow[] = await this.dataSource.query(EVENTS, [ref.jobId, ref.callId]);
    const parts = new Map<string, Part>(records.map((record) => [record.id, partOfRecord(record)]));
    for (const row of rows) parts.set(row.id, partOfRow(row));
    return sumOf([...parts.values()]);
  }

  private async read(key: string, fields: readonly string[] | null): Promise<string[]> {
    if (fields === null) return this.redis.hvals(key);
    if (fields.length === 0) return [];
    return (await this.redis.hmget(key, ...fields)).filter((value) => value !== null);
  }
}

function isOf(ref: JobCallRef, { jobId, jobCallId }: Pick<UsageRecord, 'jobId' | 'jobCallId'>): boolean {
  return jobCallId === ref.callId && jobId === ref.jobId;
}

function partOfRecord(record: UsageRecord): Part {
  const { tokens, costNanoUsd, clientCostNanoUsd, microCredits } = chargedAmountsOf(record);
  return {
    id: record.id,
    promptTokens: BigInt(inputTokensOf(record.usage)),
    completionTokens: BigInt(outputTokensOf(record.usage)),
    tokens: BigInt(tokens),
    costNanoUsd,
    clientCostNanoUsd,
    microCredits,
    modelUsed: record.modelSent,
    provider: record.provider,
  };
}

function partOfRow(row: EventRow): Part {
  return {
    ...row,
    promptTokens: BigInt(row.promptTokens),
    completionTokens: BigInt(row.completionTokens),
    tokens: BigInt(row.tokens),
    costNanoUsd: BigInt(row.costNanoUsd),
    clientCostNanoUsd: BigInt(row.clientCostNanoUsd),
    microCredits: BigInt(row.microCredits),
  };
}

/** Ids are UUIDv7, so their order is that of the attempts. */
function sumOf(parts: readonly Part[]): JobCallAccount {
  const served = parts.toSorted((left, right) => (left.id < right.id ? -1 : 1)).at(-1);
  const sum = (read: (part: Part) => bigint): bigint => parts.reduce((total, part) => total + read(part), 0n);
  return {
    attempts: parts.length,
    promptTokens: sum(({ promptTokens }) => promptTokens),
    completionTokens: sum(({ completionTokens }) => completionTokens),
    tokens: sum(({ tokens }) => tokens),
    costNanoUsd: sum(({ costNanoUsd }) => costNanoUsd),
    clientCostNanoUsd: sum(({ clientCostNanoUsd }) => clientCostNanoUsd),
    microCredits: sum(({ microCredits }) => microCredits),
    modelUsed: served?.modelUsed ?? null,
    provider: served?.provider ?? null,
  };
}
