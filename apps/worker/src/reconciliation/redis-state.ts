import { amountFor, parseCounterId } from '@penstock/domain';
import {
  chargedAmountsOf,
  EPOCH_FIELD,
  heldAmountsOf,
  type HoldRecord,
  OUTBOX_NORMAL,
  tenantKeys,
  type UsageRecord,
} from '@penstock/dto';
import type { Redis } from 'ioredis';

import { byCodePoint } from '../usage/sum-windows.js';

/** An outbox entry that could be read. */
export interface OutboxEntry {
  readonly isLate: boolean;
  readonly record: UsageRecord;
}

/** Everything that Redis knows of one tenant at one moment. */
export interface RedisState {
  readonly tenantId: string;
  /** Null: the tenant is not resident, its counters mean nothing. */
  readonly epoch: number | null;
  readonly counters: ReadonlyMap<string, bigint>;
  readonly holds: readonly HoldRecord[];
  readonly outbox: readonly OutboxEntry[];
  /** Equal when nothing changed between two reads. */
  readonly fingerprint: string;
}

/** Reads a tenant in one transaction: no settlement falls between its counters, holds and outbox. */
export async function readRedisState(redis: Redis, tenantId: string): Promise<RedisState> {
  const keys = tenantKeys(tenantId);
  const replies = await redis.multi().hgetall(keys.counters).hgetall(keys.holds).hgetall(keys.outbox).exec();
  const [counters = {}, holds = {}, outbox = {}] = (replies ?? []).map(([error, value]) => {
    if (error !== null) throw error;
    return value as Record<string, string>;
  });
  const epoch = counters[EPOCH_FIELD];
  const amounts = Object.entries(counters).filter(([field]) => field !== EPOCH_FIELD);
  return {
    tenantId,
    epoch: epoch === undefined ? null : Number(epoch),
    counters: new Map(amounts.map(([counterId, value]) => [counterId, BigInt(value)])),
    holds: Object.values(holds).map((json) => JSON.parse(json) as HoldRecord),
    outbox: Object.values(outbox).flatMap((entry) => readOutboxEntry(entry)),
    fingerprint: JSON.stringify([inOrder(counters), Object.keys(inOrder(holds)), Object.keys(inOrder(outbox))]),
  };
}

/** What the calls in flight take of each counter. */
export function sumHolds(holds: readonly HoldRecord[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const hold of holds) {
    const amounts = heldAmountsOf(hold);
    for (const counterId of hold.counters) {
      sums.set(counterId, (sums.get(counterId) ?? 0n) + amountFor(parseCounterId(counterId).unit, amounts));
    }
  }
  return sums;
}

/** What settled calls take of each counter. */
export function sumRecords(records: readonly UsageRecord[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const record of records) {
    const amounts = chargedAmountsOf(record);
    for (const counterId of record.counters) {
      sums.set(counterId, (sums.get(counterId) ?? 0n) + amountFor(parseCounterId(counterId).unit, amounts));
    }
  }
  return sums;
}

/** The same hash in the same order, however Redis lists its fields. */
function inOrder(hash: Record<string, string>): Record<string, string> {
  const fields = Object.entries(hash).toSorted(([a], [b]) => byCodePoint(a, b));
  return Object.fromEntries(fields);
}

/** An unreadable entry counts as none here; the worker sets it aside and the report says so. */
function readOutboxEntry(entry: string): OutboxEntry[] {
  try {
    return [{ isLate: entry[0] !== OUTBOX_NORMAL, record: JSON.parse(entry.slice(1)) as UsageRecord }];
  } catch {
    return [];
  }
}
