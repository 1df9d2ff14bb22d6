import { Inject, Injectable } from '@nestjs/common';
import { type CallAmounts, unitOfKey } from '@penstock/domain';
import { chargedAmountsOf, type HoldRecord, ownerKey, tenantKeys, type UsageRecordBatch } from '@penstock/dto';
import { AdmissionStore, LOGGER, type Logger, REDIS_COMMAND, type SettleOp } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';
import { UsageQueue } from '../queues/usage-queue.js';
import { plainArray } from '../usage/array-literal.js';
import { WorkerEvents } from '../worker-events.js';
import { chargeEntry, correctOp, fateOfHold, releaseOp } from './end-of-hold.js';
import { type OwnerPass, OwnerWatch } from './owner-watch.js';
import { forEachTenant, scanHash, scanSet, serverNowMs } from './tenant-scan.js';

/**
 * Turns a hold into an outbox entry; the counters hold its amounts already, and only its place among the concurrent
 * requests is given back. Unlike a settlement by the gateway it writes nothing when the hold is gone: its owner ended
 * it in the meantime and knew better.
 * KEYS holds, dispatched, outbox, counters; ARGV hold id, outbox entry, counter of concurrent requests *
 */
const CHARGE_HOLD = `
#!lua
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2])
for i = 3, #ARGV do redis.call('HINCRBY', KEYS[4], ARGV[i], -1) end
return 1
`.trim();

interface EventRow {
  readonly id: string;
  readonly tokens: string;
  readonly charged_input_tokens: string;
  readonly charged_output_tokens: string;
  readonly cost_nano_usd: string;
  readonly client_cost_nano_usd: string | null;
  readonly credits: string;
  readonly micro_credits: string;
}

interface SweepCounts {
  charged: number;
  released: number;
  /** The ledger had the call: only the hold had come back, with an older state of Redis. */
  known: number;
}

/**
 * Ends holds whose owner will not: its heartbeat is gone, or the hold outlived its expiry. Every step is
 * idempotent, and settlement removes the hold first, so sweeps may run at once with each other and with the
 * owner that was only slow; whoever comes first decides.
 */
@Injectable()
export class HoldSweeper {
  private readonly owners: OwnerWatch;

  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly store: AdmissionStore,
    private readonly dataSource: DataSource,
    private readonly queue: UsageQueue,
    private readonly events: WorkerEvents,
    @Inject(LOGGER) private readonly logger: Logger,
    config: WorkerConfig,
  ) {
    // Asked after the hold was read: an owner announces itself before it holds anything.
    const readHeartbeat = async (ownerId: string): Promise<boolean> => (await redis.exists(ownerKey(ownerId))) === 1;
    this.owners = new OwnerWatch(readHeartbeat, config.PENSTOCK_OWNER_GRACE_MS);
  }

  async sweep(): Promise<SweepCounts> {
    const counts: SweepCounts = { charged: 0, released: 0, known: 0 };
    const owners = this.owners.beginPass();
    const charged: UsageRecordBatch[] = [];
    try {
      await forEachTenant(this.redis, async (tenantId) => {
        const ids = await this.sweepTenant(tenantId, owners, counts);
        if (ids.length > 0) charged.push({ tenantId, ids });
        await this.removeStrayMarks(tenantId);
      });
      owners.end();
    } finally {
      this.events.holdsSwept(counts);
      if (counts.charged + counts.released + counts.known > 0) {
        this.logger.warn({ ...counts }, 'holds of dead owners were ended');
      }
      // Entries that are not announced now are found by the outbox sweep.
      await this.queue.enqueue(charged);
    }
    return counts;
  }

  private async sweepTenant(tenantId: string, owners: OwnerPass, counts: SweepCounts): Promise<string[]> {
    const keys = tenantKeys(tenantId);
    const chargedIds: string[] = [];
    for await (const entries of scanHash(this.redis, keys.holds)) {
      const nowMs = await serverNowMs(this.redis);
      const ended: { hold: HoldRecord; isCharged: boolean }[] = [];
      for (const [id, json] of entries) {
        const hold = this.parse(tenantId, id, json);
        if (hold === undefined) continue;
        const isOwnerDead = await owners.isDead(hold.ownerId, nowMs);
        if (fateOfHold(hold, { nowMs, isOwnerDead, isDispatched: false }).kind === 'kept') continue;
        const isDispatched = (await this.redis.sismember(keys.dispatched, id)) === 1;
        ended.push({ hold, isCharged: fateOfHold(hold, { nowMs, isOwnerDead, isDispatched }).kind === 'charged' });
      }
      if (ended.length === 0) continue;
      const accounted = await this.findAccounted(ended.filter(({ isCharged }) => isCharged).map(({ hold }) => hold));
      await Promise.all(
        ended.map(async ({ hold, isCharged }) => {
          const amounts = accounted.get(hold.id);
          if (!isCharged) {
            if (await this.settle(tenantId, releaseOp(hold))) counts.released += 1;
          } else if (amounts !== undefined) {
            if (await this.settle(tenantId, correctOp(hold, amounts))) counts.known += 1;
          } else if (await this.charge(tenantId, hold, nowMs)) {
            counts.charged += 1;
            chargedIds.push(hold.id);
          }
        }),
      );
    }
    return chargedIds;
  }

  private async settle(tenantId: string, op: SettleOp): Promise<boolean> {
    return (await this.store.settle(tenantId, op)) === 'settled';
  }

  private async charge(tenantId: string, hold: HoldRecord, nowMs: number): Promise<boolean> {
    const { holds, dispatched, outbox, counters } = tenantKeys(tenantId);
    const places = hold.counters.filter((counterId) => unitOfKey(counterId) === 'concurrent_requests');
    const args = [holds, dispatched, outbox, counters, hold.id, chargeEntry(hold, nowMs), ...places];
    return (await this.redis.eval(CHARGE_HOLD, 4, ...args)) === 1;
  }

  /**
   * A Redis that restarted with an older state shows holds of calls that PostgreSQL has accounted for. With
   * PostgreSQL away nothing is charged: holds count like charges, so waiting endangers no cap.
   */
  private async findAccounted(holds: readonly HoldRecord[]): Promise<Map<string, CallAmounts>> {
    if (holds.length === 0) return new Map();
    const rows: EventRow[] = await this.dataSource.query(
      `SELECT e.id, e.tokens, e.charged_input_tokens, e.charged_output_tokens, e.cost_nano_usd,
         e.client_cost_nano_usd, e.credits, e.micro_credits
       FROM ledger.usage_events e
       JOIN unnest($1::uuid[], $2::bigint[]) AS h(id, started_at_ms)
         ON e.id = h.id AND e.started_at = to_timestamp(h.started_at_ms / 1000.0)`,
      [plainArray(holds.map(({ id }) => id)), plainArray(holds.map(({ startedAtMs }) => startedAtMs))],
    );
    return new Map(
      rows.map((row) => [
        row.id,
        chargedAmountsOf({
          tokens: Number(row.tokens),
          chargedInputTokens: Number(row.charged_input_tokens),
          chargedOutputTokens: Number(row.charged_output_tokens),
          costNanoUsd: row.cost_nano_usd,
          clientCostNanoUsd: row.client_cost_nano_usd ?? row.cost_nano_usd,
          credits: row.credits,
          microCredits: row.micro_credits,
        }),
      ]),
    );
  }

  /** A mark that came in after its hold had ended. Ids are never used twice, so it can only go. */
  private async removeStrayMarks(tenantId: string): Promise<void> {
    const keys = tenantKeys(tenantId);
    for await (const ids of scanSet(this.redis, keys.dispatched)) {
      const holds = await this.redis.hmget(keys.holds, ...ids);
      const strays = ids.filter((_, index) => holds[index] === null);
      if (strays.length > 0) await this.redis.srem(keys.dispatched, ...strays);
    }
  }

  private parse(tenantId: string, id: string, json: string): HoldRecord | undefined {
    try {
      const hold = JSON.parse(json) as HoldRecord;
      if (hold.id === id && Array.isArray(hold.counters)) return hold;
    } catch {
      // Reported below, like a record of the wrong shape.
    }
    this.logger.error({ tenantId, holdId: id }, 'a hold cannot be read, its amounts stay held: run reconcile --repair');
    return undefined;
  }
}
