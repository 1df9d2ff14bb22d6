import type { UsageVector } from '@penstock/domain';
import type { UsageRecord } from '@penstock/dto';

import { byCodePoint } from './sum-windows.js';

/** What a set of calls adds to one row of the daily rollup. Sums are bigint: they may pass 2^53. */
export interface DailyIncrement {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly record: UsageRecord;
  calls: bigint;
  callsEstimated: bigint;
  readonly usage: Record<keyof UsageVector, bigint>;
  tokens: bigint;
  costNanoUsd: bigint;
  clientCostNanoUsd: bigint;
  credits: bigint;
}

/** Sums calls by UTC day, path and model, sorted by that key: see {@link sumWindows} for why. */
export function sumDays(records: readonly UsageRecord[]): DailyIncrement[] {
  const sums = new Map<string, DailyIncrement>();
  for (const record of records) {
    const day = utcDay(record.startedAtMs);
    // NUL cannot occur in any part (see parseOutboxEntry), so no two keys run together.
    const key = [
      day,
      record.tenantId,
      record.keyId,
      record.teamId ?? '',
      record.customerId ?? '',
      record.provider,
      record.modelSent,
    ].join('\0');
    let sum = sums.get(key);
    if (sum === undefined) {
      sum = emptyIncrement(day, record);
      sums.set(key, sum);
    }
    addCall(sum, record);
  }
  return [...sums.keys()].toSorted(byCodePoint).map((key) => sums.get(key)!);
}

const DAY_MS = 86_400_000;
let lastDay = { number: 0, text: '1970-01-01' };

/** The UTC day of an instant, with the years beyond 9999 written as PostgreSQL reads them. */
export function utcDay(instantMs: number): string {
  const number = Math.floor(instantMs / DAY_MS);
  if (number !== lastDay.number) {
    const text = new Date(instantMs).toISOString().replace(/^\+/, '').split('T')[0]!;
    lastDay = { number, text };
  }
  return lastDay.text;
}

function emptyIncrement(day: string, record: UsageRecord): DailyIncrement {
  return {
    day,
    record,
    calls: 0n,
    callsEstimated: 0n,
    usage: {
      inputTokens: 0n,
      cacheReadTokens: 0n,
      cacheWrite5mTokens: 0n,
      cacheWrite1hTokens: 0n,
      outputTokens: 0n,
      reasoningTokens: 0n,
      inputAudioTokens: 0n,
      outputAudioTokens: 0n,
      inputImageTokens: 0n,
      toolUnits: 0n,
    },
    tokens: 0n,
    costNanoUsd: 0n,
    clientCostNanoUsd: 0n,
    credits: 0n,
  };
}

function addCall(sum: DailyIncrement, record: UsageRecord): void {
  sum.calls += 1n;
  if (record.isEstimated) sum.callsEstimated += 1n;
  for (const field of Object.keys(sum.usage) as (keyof UsageVector)[]) {
    const amount = record.usage[field];
    if (amount !== 0) sum.usage[field] += BigInt(amount);
  }
  sum.tokens += BigInt(record.tokens);
  sum.costNanoUsd += BigInt(record.costNanoUsd);
  sum.clientCostNanoUsd += BigInt(record.clientCostNanoUsd ?? record.costNanoUsd);
  if (record.credits !== undefined) sum.credits += BigInt(record.credits);
}
