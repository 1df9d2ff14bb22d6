import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { DataSource } from 'typeorm';

import type { AttemptBucket } from './attempt-buckets.js';

/** From the first failure on. */
export const throttleWindowMs = 15 * 60_000;

const PURGED_AT_ONCE = 100;

/**
 * Bounds guessing at passwords, on every replica together: the counters are rows. An attempt is counted before it is
 * checked and taken back when it was right, so a burst of parallel attempts gets no more tries than a slow one.
 */
@Injectable()
export class LoginThrottle {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws AppError `login_throttled` when a bucket is full; buckets after it are not touched. */
  async take(buckets: readonly AttemptBucket[], nowMs: number): Promise<void> {
    for (const bucket of buckets) {
      const { attempts, windowEndsAtMs } = await this.count(bucket, nowMs);
      if (attempts > bucket.attemptsMax) {
        const retryAfterMs = Math.max(1_000, windowEndsAtMs - nowMs);
        throw new AppError('login_throttled', {
          detail: `There were too many failed attempts. Try again in ${Math.ceil(retryAfterMs / 1_000)} seconds.`,
          data: { retryAfterMs },
        });
      }
    }
  }

  /** After a right attempt: the first bucket, which is the account's own, starts afresh. */
  async giveBack([own, ...shared]: readonly AttemptBucket[]): Promise<void> {
    await this.dataSource.query('DELETE FROM saas.login_throttles WHERE key = $1', [own?.key]);
    await this.dataSource.query(
      'UPDATE saas.login_throttles SET attempts = attempts - 1 WHERE key = ANY($1) AND attempts > 0',
      [shared.map(({ key }) => key)],
    );
  }

  private async count({ key }: AttemptBucket, nowMs: number): Promise<{ attempts: number; windowEndsAtMs: number }> {
    const now = new Date(nowMs);
    const [row]: { attempts: number; window_ends_at: Date }[] = await this.dataSource.query(
      `INSERT INTO saas.login_throttles AS t (key, attempts, window_ends_at) VALUES ($1, 1, $2)
       ON CONFLICT (key) DO UPDATE SET
         attempts = CASE WHEN t.window_ends_at <= $3 THEN 1 ELSE least(t.attempts, 1000000) + 1 END,
         window_ends_at = CASE WHEN t.window_ends_at <= $3 THEN $2 ELSE t.window_ends_at END
       RETURNING attempts, window_ends_at`,
      [key, new Date(nowMs + throttleWindowMs), now],
    );
    if (row === undefined) throw new Error('a throttle row was neither inserted nor updated');
    if (row.attempts === 1) await this.purge(now);
    return { attempts: row.attempts, windowEndsAtMs: row.window_ends_at.getTime() };
  }

  /** Each new row takes old ones with it, so the table holds little more than one window. */
  private async purge(now: Date): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM saas.login_throttles WHERE key IN (
         SELECT key FROM saas.login_throttles WHERE window_ends_at <= $1 LIMIT ${PURGED_AT_ONCE} FOR UPDATE SKIP LOCKED)`,
      [now],
    );
  }
}
