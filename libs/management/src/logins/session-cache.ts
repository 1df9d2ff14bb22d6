import { Inject, Injectable } from '@nestjs/common';
import { operatorEpochKey, operatorSessionKey } from '@penstock/dto';
import { findOperatorSession } from '@penstock/entities';
import { LOGGER, type Logger, type OperatorSession, type OperatorSessions, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';

import { type CachedSession, readCachedSession } from './cached-session.js';

/** No entry is good for longer, counted from before its look-up in PostgreSQL, on the clock of Redis. */
export const sessionLeaseMs = 1_000;
/** What is waited longer than a lease: two clocks need not run at the same speed. */
const LEASE_MARGIN_MS = 100;
/** An epoch that is gone only makes its entries useless, and those last no second. */
const EPOCH_TTL_MS = 3_600_000;
/** How long Redis is left alone after it failed. */
const AWAY_MS = 1_000;

/**
 * Looks up logins, in Redis where it can be done without giving a revoked one any time.
 *
 * - An account has an epoch in Redis, a random text. A look-up reads it **before** PostgreSQL and writes it into the
 *   entry; an entry of another epoch, or without one, counts for nothing. A new epoch ({@link forget}) therefore voids
 *   every entry of the account at once, also those of look-ups that are still under way, and so does a Redis that
 *   lost its data.
 * - Where the new epoch cannot be written, the entries are waited out: each ends one lease after its look-up began, at
 *   an instant of Redis' own clock, however late it is written. So the answer to a revocation never depends on a Redis
 *   that does not answer; it only takes a second longer.
 * - When Redis is away, PostgreSQL is asked.
 */
@Injectable()
export class SessionCache implements OperatorSessions {
  #awayUntilMs = 0;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async find(tokenHash: string, userId: string, nowMs: number): Promise<OperatorSession | null> {
    const key = operatorSessionKey(userId, tokenHash);
    const lease = await this.tryRedis(() => this.read(userId, key));
    if (lease !== null && 'session' in lease && lease.session.expiresAtMs > nowMs) return toSession(lease.session);
    const found = await findOperatorSession(this.dataSource, tokenHash, nowMs);
    if (found === null) return null;
    const { expiresAt, ...session } = found;
    if (lease !== null && 'endsAtMs' in lease && session.userId === userId) {
      const entry: CachedSession = { ...session, epoch: lease.epoch, expiresAtMs: expiresAt.getTime() };
      // Not waited for: the entry is for the next request.
      void this.tryRedis(() => this.redis.set(key, JSON.stringify(entry), 'PXAT', lease.endsAtMs));
    }
    return session;
  }

  /**
   * Resolves when no process takes a login of these accounts for what it was before. Call it after the commit of what
   * revokes a login or changes role or activity of an account, and before that is answered.
   */
  async forget(userIds: readonly string[]): Promise<void> {
    try {
      const epochs = userIds.map((userId) =>
        this.redis.set(operatorEpochKey(userId), randomUUID(), 'PX', EPOCH_TTL_MS),
      );
      await Promise.all(epochs);
    } catch (error) {
      this.logger.warn({ err: error }, 'cached logins could not be voided: waiting until they have ended');
      await delay(sessionLeaseMs + LEASE_MARGIN_MS);
    }
  }

  /** The entry when it is good, else what is needed to write one. */
  private async read(
    userId: string,
    key: string,
  ): Promise<{ session: CachedSession } | { epoch: string; endsAtMs: number }> {
    const epochKey = operatorEpochKey(userId);
    const [epoch = null, text = null] = await this.redis.mget(epochKey, key);
    const session = readCachedSession(text);
    if (epoch !== null && session?.epoch === epoch && session.userId === userId) return { session };
    // The instant comes before the look-up in PostgreSQL: what is committed until then ends with the lease.
    const [current, time] = await Promise.all([this.epochOf(epochKey, epoch), this.redis.time()]);
    return { epoch: current, endsAtMs: Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000) + sessionLeaseMs };
  }

  private async epochOf(epochKey: string, known: string | null): Promise<string> {
    if (known !== null) return known;
    const fresh = randomUUID();
    const other = await this.redis.set(epochKey, fresh, 'PX', EPOCH_TTL_MS, 'NX', 'GET');
    return other ?? fresh;
  }

  /** Null when Redis cannot be asked: it only spares a look-up. */
  private async tryRedis<T>(ask: () => Promise<T>): Promise<T | null> {
    if (performance.now() < this.#awayUntilMs) return null;
    try {
      return await ask();
    } catch (error) {
      this.#awayUntilMs = performance.now() + AWAY_MS;
      this.logger.debug({ err: error }, 'logins are looked up in PostgreSQL for a while');
      return null;
    }
  }
}

function toSession({ sessionId, userId, role }: CachedSession): OperatorSession {
  return { sessionId, userId, role };
}
