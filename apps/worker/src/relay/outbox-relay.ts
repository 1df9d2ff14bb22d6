import { Inject, Injectable } from '@nestjs/common';
import {
  CREDIT_HOLDS_CLOSED,
  type CreditHoldsClosedPayload,
  POLICY_INVALIDATED,
  type PolicyInvalidatedPayload,
} from '@penstock/dto';
import { LOGGER, type Logger, PolicyDelivery, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource, type EntityManager } from 'typeorm';

/** Messages of one transaction. */
const BATCH_MAX = 100;
/** Governance delivers its own message right after the commit; only what it left is taken up here. */
const GRACE = '1 second';
/** A Redis that crashed may have lost what it acknowledged last: a second or two of its append-only file. */
const LOST_AT_MOST = '1 minute';
/** Delivered messages are kept this long, for questions. */
const KEPT_FOR = '7 days';

type OutboxRow = { readonly id: string } & (
  | { readonly type: typeof POLICY_INVALIDATED; readonly payload: PolicyInvalidatedPayload }
  | { readonly type: typeof CREDIT_HOLDS_CLOSED; readonly payload: CreditHoldsClosedPayload }
);

/**
 * Brings policy changes to Redis that governance could not deliver itself. The rows stay locked while Redis is
 * asked, so that several workers share the work; a worker that dies lets go of them undelivered.
 */
@Injectable()
export class OutboxRelay {
  private isRedisNew = true;

  constructor(
    private readonly dataSource: DataSource,
    private readonly delivery: PolicyDelivery,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(REDIS_COMMAND) redis: Redis,
  ) {
    redis.on('ready', () => {
      this.isRedisNew = true;
    });
  }

  /** Delivers everything that waits. Rejects when Redis or PostgreSQL is away; nothing is marked then. */
  async relay(): Promise<number> {
    if (this.isRedisNew) {
      this.isRedisNew = false;
      await this.repeatLatest();
    }
    let total = 0;
    for (;;) {
      const count = await this.dataSource.transaction((tx) => this.relayBatch(tx));
      total += count;
      if (count < BATCH_MAX) break;
    }
    if (total > 0) this.logger.info({ messages: total }, 'policy changes were delivered by the relay');
    return total;
  }

  /**
   * Lets the latest messages be delivered again. Otherwise a key whose revocation Redis forgot in a crash would
   * work on, with every sign that it was revoked.
   */
  private async repeatLatest(): Promise<void> {
    try {
      await this.dataSource.query(
        `UPDATE governance.outbox_messages SET delivered_at = NULL WHERE delivered_at > now() - interval '${LOST_AT_MOST}'`,
      );
    } catch (error) {
      this.isRedisNew = true;
      throw error;
    }
  }

  /** Forgets messages that were delivered long ago. */
  async purge(): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM governance.outbox_messages WHERE delivered_at < now() - interval '${KEPT_FOR}'`,
    );
  }

  private async relayBatch(tx: EntityManager): Promise<number> {
    const rows: OutboxRow[] = await tx.query(
      `SELECT id, type, payload FROM governance.outbox_messages
       WHERE delivered_at IS NULL AND type = ANY($1) AND created_at < now() - interval '${GRACE}'
       ORDER BY seq LIMIT ${BATCH_MAX} FOR UPDATE SKIP LOCKED`,
      [[POLICY_INVALIDATED, CREDIT_HOLDS_CLOSED]],
    );
    const delivered: string[] = [];
    for (const row of rows) {
      try {
        await (row.type === POLICY_INVALIDATED
          ? this.delivery.deliver(row.payload)
          : this.delivery.closeCreditHolds(row.payload));
      } catch (error) {
        if (delivered.length === 0) throw error;
        // What was delivered is marked now; the next run meets the failure first.
        break;
      }
      delivered.push(row.id);
    }
    if (delivered.length > 0) {
      await tx.query('UPDATE governance.outbox_messages SET delivered_at = now() WHERE id = ANY($1)', [delivered]);
    }
    return delivered.length;
  }
}
