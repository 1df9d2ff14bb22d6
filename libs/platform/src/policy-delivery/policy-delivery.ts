import {
  EPOCH_FIELD,
  POLICY_CHANNEL,
  type CounterCarryOver,
  type CreditHoldsClosedPayload,
  type PolicyInvalidatedEvent,
  type PolicyInvalidatedPayload,
  snapshotKey,
  tenantKeys,
} from '@penstock/dto';
import { parseCounterId, unitOfKey } from '@penstock/domain';
import type { Redis } from 'ioredis';

import type { AdmissionStore } from '../admission/index.js';
import { RAISE_COUNTERS_SCRIPT } from './raise-counters-script.js';

/** What PostgreSQL has recorded for the windows of some limits that have not ended long ago. */
export type ReadRecordedUsage = (
  limitKeys: readonly string[],
) => Promise<readonly { readonly counterId: string; readonly used: string }[]>;

/** Keys of one DEL or counters of one script call; bounds how long Redis serves nobody else. */
const CHUNK = 500;

/**
 * Brings a committed policy change to Redis. Every step may be repeated and may arrive after a later change:
 * epochs and counters are only ever raised. Rejects when Redis is away; the outbox message is then still there.
 */
export class PolicyDelivery {
  constructor(
    private readonly redis: Redis,
    private readonly store: AdmissionStore,
    private readonly readRecordedUsage: ReadRecordedUsage,
  ) {}

  async deliver(payload: PolicyInvalidatedPayload): Promise<void> {
    for (const carryOver of payload.carryOvers) await this.carryUsageOver(carryOver, payload.tenantId);
    await this.store.bumpEpoch(payload.tenantId, payload.epoch);
    for (const hashes of chunksOf(payload.keyHashes, CHUNK)) {
      // One command per key: on a cluster the keys lie in different slots.
      await Promise.all(hashes.map((hash) => this.redis.del(snapshotKey(hash))));
    }
    const event: PolicyInvalidatedEvent = {
      type: 'policy.invalidated',
      schemaVersion: 1,
      tenantId: payload.tenantId,
      epoch: payload.epoch,
    };
    await this.redis.publish(POLICY_CHANNEL, JSON.stringify(event));
  }

  /** Ends holds on credits, once the policy under which that is right is in force. Safe to repeat. */
  async closeCreditHolds(payload: CreditHoldsClosedPayload): Promise<void> {
    if (payload.epoch !== null) await this.store.bumpEpoch(payload.tenantId, payload.epoch);
    await this.store.closeCreditHolds(payload.tenantId, payload.holds);
  }

  /**
   * Copies the counters of moved limits from their old tenant to the new one. It never undercounts, because
   *
   * 1. the old tenant's epoch is raised first: from then on the script refuses every snapshot under which the
   *    moved limits could still be charged there, so their counters cannot grow while or after they are read;
   * 2. the new tenant's snapshot is not served before this has succeeded (see the policy look-up), so no call is
   *    charged there before the copy;
   * 3. what is read is settled + held. A call in flight settles in the old tenant, where its hold is, so the copy
   *    keeps its estimate, an upper bound: the difference stays charged until the window ends or is reconciled;
   * 4. a counter that Redis lost, or a tenant that is not resident, is covered by what PostgreSQL recorded;
   * 5. the new counter becomes the greatest of all three, so a repetition cannot take back what was charged since.
   *
   * Concurrent requests are left behind: they end in the old tenant, so a copy of them would never be given back.
   */
  private async carryUsageOver(carryOver: CounterCarryOver, toTenantId: string): Promise<void> {
    await this.store.bumpEpoch(carryOver.fromTenantId, carryOver.fromEpoch);
    const moved = new Set(carryOver.limitKeys.filter((key) => unitOfKey(key) !== 'concurrent_requests'));
    const counters = await this.redis.hgetall(tenantKeys(carryOver.fromTenantId).counters);
    const found = Object.entries(counters).filter(
      ([field]) => field !== EPOCH_FIELD && moved.has(parseCounterId(field).limitKey),
    );
    const recorded = await this.readRecordedUsage([...moved]);
    const all = [...found, ...recorded.map(({ counterId, used }) => [counterId, used] as const)];
    for (const chunk of chunksOf(all, CHUNK)) {
      await this.redis.eval(RAISE_COUNTERS_SCRIPT, 1, tenantKeys(toTenantId).counters, ...chunk.flat());
    }
  }
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
