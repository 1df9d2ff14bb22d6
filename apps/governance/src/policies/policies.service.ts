import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import type { PolicyLookup, PolicySnapshot } from '@penstock/dto';
import { buildSnapshot, type PendingMessage, PoliciesRepository } from '@penstock/management';
import { AdmissionStore, LOGGER, type Logger, PolicyDelivery } from '@penstock/platform';

import { isUuid } from '../http/entity-id.pipe.js';
import { SnapshotCache } from './snapshot-cache.js';

/** Policies for gateways. */
@Injectable()
export class PoliciesService {
  constructor(
    private readonly policies: PoliciesRepository,
    private readonly cache: SnapshotCache,
    private readonly store: AdmissionStore,
    private readonly delivery: PolicyDelivery,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The policy of a key. Usage that is still to follow the key into its tenant is brought there first; while that
   * cannot be done there is no answer, because its limits would start from zero.
   */
  async lookUp(keyHash: string, nowMs: number): Promise<PolicyLookup> {
    const snapshot = await this.find(keyHash, nowMs);
    if (snapshot === null) {
      await this.tryRedis('remember an unknown key', () => this.cache.storeUnknown(keyHash));
      return { found: false };
    }
    await this.tryRedis('store a snapshot', () => this.announce(keyHash, snapshot));
    return { found: true, snapshot };
  }

  /** The policy of a key as {@link lookUp} gives it, without telling anybody; null for an unknown key. */
  async find(keyHash: string, nowMs: number): Promise<PolicySnapshot | null> {
    const row = await this.policies.findByKeyHash(keyHash, nowMs);
    if (row === null) return null;
    await this.bringUsage(row.pendingCarryOvers);
    return buildSnapshot(row);
  }

  /** The hash that the policy of a key is found by; null for an unknown key. */
  async keyHashOf(keyId: string): Promise<string | null> {
    return isUuid(keyId) ? this.policies.findKeyHash(keyId) : null;
  }

  private async bringUsage(pending: readonly PendingMessage[]): Promise<void> {
    if (pending.length === 0) return;
    try {
      // In the order of the moves: a key that moved twice carries what it had in the first tenant.
      for (const { payload } of pending) await this.delivery.deliver(payload);
    } catch (error) {
      throw new AppError('store_unavailable', { cause: error });
    }
    await this.policies.markDelivered(pending.map(({ id }) => id));
  }

  /** Also raises the epoch in Redis: a change whose announcement was lost is in force from the first look-up on. */
  private async announce(keyHash: string, snapshot: PolicySnapshot): Promise<void> {
    await this.store.bumpEpoch(snapshot.tenantId, snapshot.epoch);
    await this.cache.store(keyHash, snapshot);
  }

  /** The answer does not depend on the cache. */
  private async tryRedis(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.warn({ err: error, what }, 'redis could not be told');
    }
  }
}
