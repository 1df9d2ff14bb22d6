import { Inject, Injectable } from '@nestjs/common';
import { EPOCH_FIELD, lockKey, tenantKeys } from '@penstock/dto';
import { AdmissionStore, LOGGER, type Logger, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';
import { readLimitDefinitions } from '../limits/limit-definitions.js';
import { scanTenants, serverNowMs } from '../sweeps/tenant-scan.js';
import { prunableCounters } from './prunable-counters.js';

/** Takes counters out of Redis that are history: PostgreSQL has them, and a tenant would otherwise only grow. */
@Injectable()
export class CounterPruner {
  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly store: AdmissionStore,
    private readonly dataSource: DataSource,
    private readonly config: WorkerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Prunes unless another worker did so within this interval. */
  async pruneInTurn(): Promise<void> {
    const lockMs = Math.max(1, Math.floor(this.config.PENSTOCK_PRUNE_INTERVAL_MS * 0.9));
    if ((await this.redis.set(lockKey('prune'), process.pid, 'PX', lockMs, 'NX')) === 'OK') await this.prune();
  }

  /** @returns how many counters were removed. */
  async prune(): Promise<number> {
    // The order matters: counters, then definitions (see prunableCounters), then holds, which must not lose theirs.
    const countersOf = new Map<string, string[]>();
    for await (const tenantId of scanTenants(this.redis)) {
      const fields = await this.redis.hkeys(tenantKeys(tenantId).counters);
      countersOf.set(
        tenantId,
        fields.filter((field) => field !== EPOCH_FIELD),
      );
    }
    const definitions = await readLimitDefinitions(this.dataSource.manager);
    const nowMs = await serverNowMs(this.redis);
    let removed = 0;
    for (const [tenantId, counterIds] of countersOf) {
      const prunable = prunableCounters(counterIds, definitions, nowMs);
      if (prunable.length === 0) continue;
      const held = await this.store.heldByCounter(tenantId);
      const free = prunable.filter((counterId) => !held.has(counterId));
      if (free.length > 0) removed += await this.redis.hdel(tenantKeys(tenantId).counters, ...free);
    }
    if (removed > 0) this.logger.info({ counters: removed }, 'counters of ended windows were removed from Redis');
    return removed;
  }
}
