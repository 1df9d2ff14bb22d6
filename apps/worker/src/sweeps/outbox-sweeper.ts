import { Inject, Injectable } from '@nestjs/common';
import { tenantKeys, type UsageRecordBatch } from '@penstock/dto';
import { REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';
import { UsageQueue } from '../queues/usage-queue.js';
import { WorkerEvents } from '../worker-events.js';
import { forEachTenant, scanHash, serverNowMs } from './tenant-scan.js';

/** Younger entries are on their way: the gateway announces them within milliseconds, the worker takes a moment. */
const ENTRY_AGE_MS_MIN = 2_000;
/** Entries announced again per tenant and sweep: bounds what a sweep reads while a backlog drains. */
const ENTRIES_PER_TENANT_MAX = 20_000;

const SETTLED_AT = /"settledAtMs":(\d{1,16})[,}]/;

/** Announces outbox entries whose announcement was lost with a gateway, a worker or a queue. */
@Injectable()
export class OutboxSweeper {
  private readonly ageMsMin: number;

  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly dataSource: DataSource,
    private readonly queue: UsageQueue,
    private readonly events: WorkerEvents,
    config: WorkerConfig,
  ) {
    this.ageMsMin = Math.max(ENTRY_AGE_MS_MIN, config.PENSTOCK_SWEEP_INTERVAL_MS);
  }

  async sweep(): Promise<number> {
    const nowMs = await serverNowMs(this.redis);
    const due: UsageRecordBatch[] = [];
    let total = 0;
    let oldestAgeMs = 0;
    await forEachTenant(this.redis, async (tenantId) => {
      const { outbox } = tenantKeys(tenantId);
      const length = await this.redis.hlen(outbox);
      if (length === 0) return;
      total += length;
      const ids = new Set<string>();
      for await (const entries of scanHash(this.redis, outbox)) {
        for (const [id, entry] of entries) {
          const ageMs = nowMs - settledAtMsOf(entry);
          oldestAgeMs = Math.max(oldestAgeMs, Math.min(ageMs, nowMs));
          if (ageMs >= this.ageMsMin) ids.add(id);
        }
        if (ids.size >= ENTRIES_PER_TENANT_MAX) break;
      }
      if (ids.size > 0) due.push({ tenantId, ids: [...ids] });
    });
    const count = due.reduce((sum, { ids }) => sum + ids.length, 0);
    // Without PostgreSQL another job could only fail: the entries wait where they are.
    const isUseful = count > 0 && (await this.isDatabaseThere());
    if (isUseful) await this.queue.enqueue(due);
    this.events.outboxSeen(total, oldestAgeMs, isUseful ? count : 0);
    return isUseful ? count : 0;
  }

  private async isDatabaseThere(): Promise<boolean> {
    try {
      await this.dataSource.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }
}

/** Read with a pattern: a backlog has too many entries to parse. An unreadable entry is due at once. */
function settledAtMsOf(entry: string): number {
  return Number(SETTLED_AT.exec(entry)?.[1] ?? 0);
}
