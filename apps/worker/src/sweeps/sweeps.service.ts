import { Inject, Injectable } from '@nestjs/common';
import { lockKey } from '@penstock/dto';
import { REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';

import { WorkerConfig } from '../config.js';
import { HoldSweeper } from './hold-sweeper.js';
import { OutboxSweeper } from './outbox-sweeper.js';

/** One pass over all tenants: holds first, because ending one makes an outbox entry. */
@Injectable()
export class SweepsService {
  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly config: WorkerConfig,
    private readonly holds: HoldSweeper,
    private readonly outbox: OutboxSweeper,
  ) {}

  /** Sweeps unless another worker did so within this interval. The lock saves work, correctness does not need it. */
  async sweepInTurn(): Promise<void> {
    const lockMs = Math.max(1, Math.floor(this.config.PENSTOCK_SWEEP_INTERVAL_MS * 0.9));
    const isMyTurn = (await this.redis.set(lockKey('sweep'), process.pid, 'PX', lockMs, 'NX')) === 'OK';
    if (isMyTurn) await this.sweep();
  }

  async sweep(): Promise<void> {
    try {
      await this.holds.sweep();
    } finally {
      await this.outbox.sweep();
    }
  }
}
