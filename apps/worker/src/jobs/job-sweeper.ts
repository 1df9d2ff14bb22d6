import { Inject, Injectable } from '@nestjs/common';
import { AppError, type Clock, uuidv7 } from '@penstock/domain';
import { lockKey } from '@penstock/dto';
import { JobBooks, type JobCallRef } from '@penstock/management';
import { CLOCK, LOGGER, type Logger, REDIS_COMMAND, type RequestContext } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';

/** What a pass came to. */
export interface JobSweep {
  /** Calls whose account was found after their answer. */
  settled: number;
  /** Calls whose process died. */
  lost: number;
  /** Jobs that were failed: never begun, or idle for too long. */
  failed: number;
}

/** Of each kind in one pass; the next one goes on. */
const BATCH_MAX = 200;

const LOST = 'The process that made the call ended before the answer was complete.';
const NOT_OPENED = 'The process that created the job ended before its credits were held.';

interface RunningRow extends JobCallRef {
  readonly seenAt: Date;
}

/**
 * Ends what nobody ends any more, so that no job runs for ever: calls whose process died or whose account came late,
 * jobs that never came into being, and jobs that are idle. All of it is failed unless its account says that it was
 * served; nothing that failed is charged. Every step may be done by several workers, and by the process that was only
 * slow, at the same time: whoever comes first decides.
 */
@Injectable()
export class JobSweeper {
  /** Calls that had no sign of life in the last pass, with the last sign. */
  private silent = new Map<string, number>();

  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly dataSource: DataSource,
    private readonly books: JobBooks,
    private readonly config: WorkerConfig,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Sweeps unless another worker did so within this interval. The lock saves work, correctness does not need it. */
  async sweepInTurn(): Promise<void> {
    const lockMs = Math.max(1, Math.floor(this.config.PENSTOCK_SWEEP_INTERVAL_MS * 0.9));
    const isMyTurn = (await this.redis.set(lockKey('sweep-jobs'), process.pid, 'PX', lockMs, 'NX')) === 'OK';
    if (isMyTurn) await this.sweep();
  }

  async sweep(): Promise<JobSweep> {
    const sweep: JobSweep = { settled: 0, lost: 0, failed: 0 };
    for (const ref of await this.findSettling()) {
      if (await this.attempt(ref.jobId, () => this.settle(ref))) sweep.settled += 1;
    }
    for (const ref of await this.findLost()) {
      if (await this.attempt(ref.jobId, () => this.conclude(ref))) sweep.lost += 1;
    }
    for (const jobId of await this.findNeverOpened()) {
      if (await this.attempt(jobId, () => this.fail(jobId, NOT_OPENED))) sweep.failed += 1;
    }
    const idleMs = this.config.PENSTOCK_JOB_IDLE_TIMEOUT_MS;
    for (const jobId of await this.findIdle(idleMs)) {
      const reason = `No call was made for the job within ${Math.round(idleMs / 1_000)} seconds.`;
      if (await this.attempt(jobId, () => this.fail(jobId, reason))) sweep.failed += 1;
    }
    if (sweep.settled + sweep.lost + sweep.failed > 0) this.logger.info({ ...sweep }, 'jobs and calls were swept');
    return sweep;
  }

  /** One job that cannot be swept must not keep the others from it. */
  private async attempt(jobId: string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      const isRefused = error instanceof AppError && error.status < 500;
      if (!isRefused) this.logger.error({ err: error, jobId }, 'a job could not be swept, it will be tried again');
      return false;
    }
  }

  private async settle(ref: JobCallRef): Promise<boolean> {
    return (await this.books.concludeSettlingCall(this.context(), ref, ref.callId)) !== undefined;
  }

  private async conclude(ref: JobCallRef): Promise<boolean> {
    const answer = { error: LOST, latencyMs: null, attemptIds: null };
    return (await this.books.concludeCall(this.context(), ref, answer)) !== undefined;
  }

  private async fail(jobId: string, errorMessage: string): Promise<boolean> {
    await this.books.end(this.context(), jobId, { end: 'failed', errorMessage });
    return true;
  }

  private findSettling(): Promise<JobCallRef[]> {
    return this.dataSource.query(
      `SELECT c.call_id AS "callId", c.job_id AS "jobId", j.tenant_id AS "tenantId"
       FROM saas.job_calls c JOIN saas.jobs j ON j.job_id = c.job_id
       WHERE c.state = 'settling' ORDER BY c.started_at LIMIT ${BATCH_MAX}`,
    );
  }

  /**
   * Calls without a sign of life, in this pass and in the one before: after an outage of PostgreSQL the processes that
   * make them need a moment to give one.
   */
  private async findLost(): Promise<JobCallRef[]> {
    const rows: RunningRow[] = await this.dataSource.query(
      `SELECT c.call_id AS "callId", c.job_id AS "jobId", j.tenant_id AS "tenantId", c.seen_at AS "seenAt"
       FROM saas.job_calls c JOIN saas.jobs j ON j.job_id = c.job_id
       WHERE c.state = 'running' AND c.seen_at < now() - $1 * interval '1 millisecond'
       ORDER BY c.started_at LIMIT ${BATCH_MAX}`,
      [this.config.PENSTOCK_JOB_LOST_MS],
    );
    const before = this.silent;
    this.silent = new Map(rows.map(({ callId, seenAt }) => [callId, seenAt.getTime()]));
    return rows.filter(({ callId, seenAt }) => before.get(callId) === seenAt.getTime());
  }

  private async findNeverOpened(): Promise<string[]> {
    const rows: { jobId: string }[] = await this.dataSource.query(
      `SELECT j.job_id AS "jobId" FROM saas.jobs j JOIN ledger.credit_holds h ON h.id = j.job_id
       WHERE j.status = 'pending' AND h.state = 'opening' AND h.created_at < now() - $1 * interval '1 millisecond'
       LIMIT ${BATCH_MAX}`,
      // Far longer than it takes to hold the credits of a new job: who began with it is gone.
      [this.config.PENSTOCK_JOB_LOST_MS],
    );
    return rows.map(({ jobId }) => jobId);
  }

  private async findIdle(idleMs: number): Promise<string[]> {
    const rows: { jobId: string }[] = await this.dataSource.query(
      `SELECT j.job_id AS "jobId" FROM saas.jobs j
       WHERE j.status IN ('pending', 'in_progress') AND j.last_active_at < now() - $1 * interval '1 millisecond'
         AND NOT EXISTS (SELECT FROM saas.job_calls c WHERE c.job_id = j.job_id AND c.state IN ('running', 'settling'))
       ORDER BY j.last_active_at LIMIT ${BATCH_MAX}`,
      [idleMs],
    );
    return rows.map(({ jobId }) => jobId);
  }

  private context(): RequestContext {
    const nowMs = this.clock.now();
    return {
      requestId: `sweep-${uuidv7(nowMs)}`,
      actor: { kind: 'system', id: 'job-sweeper' },
      ip: '',
      userAgent: '',
      nowMs,
    };
  }
}
