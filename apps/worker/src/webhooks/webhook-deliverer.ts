import { Inject, Injectable } from '@nestjs/common';
import { AlertEntity } from '@penstock/entities';
import {
  CLOCK,
  isAccepted,
  LOGGER,
  type Logger,
  type OutboundResult,
  Shutdown,
  WEBHOOK_DEADLINE_MS,
  WebhookSender,
} from '@penstock/platform';
import type { Clock } from '@penstock/domain';
import { In, DataSource } from 'typeorm';

import { AlertEvents } from '../alerts/alert-events.js';
import { toWebhookEvent } from '../alerts/alert-event.js';
import { WorkerConfig } from '../config.js';
import { retryDelayMs } from './retry-delay.js';

/** Deliveries that one worker sends at once. */
const SENDS_AT_ONCE = 16;
/** A worker that claimed a delivery and says nothing for so long is taken for dead. Longer than any send. */
const LEASE_MS = 3 * WEBHOOK_DEADLINE_MS;
/** The receiver says that it will never want this again. */
const GONE = 410;

interface ClaimedDelivery {
  readonly id: string;
  readonly alertId: string;
  /** The number of this attempt, from 1. */
  readonly attempt: number;
  readonly webhookId: string;
  readonly url: string;
  readonly ciphertext: Buffer;
  readonly keyVersion: number;
}

/**
 * The lease is taken before anything is sent: two workers never send the same delivery at once, and one that dies
 * while sending leaves a delivery that is due again. What it had sent then arrives twice, with the same id.
 */
const CLAIM = `
  WITH due AS (
    SELECT d.id FROM governance.webhook_deliveries d
    JOIN governance.webhooks w ON w.id = d.webhook_id
    WHERE d.status = 'pending' AND d.next_attempt_at <= now() AND w.is_active
    ORDER BY d.next_attempt_at LIMIT $1
    FOR UPDATE OF d SKIP LOCKED
  )
  UPDATE governance.webhook_deliveries d
  SET attempts = d.attempts + 1, last_attempt_at = now(), next_attempt_at = now() + $2 * interval '1 millisecond'
  FROM due, governance.webhooks w
  WHERE d.id = due.id AND w.id = d.webhook_id
  RETURNING d.id, d.alert_id AS "alertId", d.attempts AS attempt, w.id AS "webhookId", w.url,
    w.secret_ciphertext AS ciphertext, w.secret_key_version AS "keyVersion"`;

/** Also counts when the lease had ended: the receiver has it. */
const DELIVERED = `
  UPDATE governance.webhook_deliveries
  SET status = 'delivered', delivered_at = now(), last_status = $2, last_error = NULL
  WHERE id = $1 AND status <> 'delivered'`;

/** The number of the attempt keeps a worker whose lease had ended from undoing what another has done since. */
const FAILED = `
  UPDATE governance.webhook_deliveries
  SET status = $3, last_status = $4, last_error = $5, next_attempt_at = now() + $6 * interval '1 millisecond'
  WHERE id = $1 AND attempts = $2 AND status = 'pending'`;

/** Brings alerts to webhooks: at least once, in no order. */
@Injectable()
export class WebhookDeliverer {
  constructor(
    private readonly dataSource: DataSource,
    private readonly sender: WebhookSender,
    private readonly config: WorkerConfig,
    private readonly events: AlertEvents,
    private readonly shutdown: Shutdown,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Sends everything that is due, some at a time. Rejects when PostgreSQL is away. */
  async deliverDue(): Promise<void> {
    while (!this.shutdown.isDraining) {
      const claimed = await this.claim();
      if (claimed.length === 0) return;
      const alerts = await this.alertsOf(claimed);
      const results = await Promise.allSettled(claimed.map((delivery) => this.deliver(delivery, alerts)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      if (claimed.length < SENDS_AT_ONCE) return;
    }
  }

  /** Counts what waits and what was given up, for the metrics. */
  async measure(): Promise<void> {
    const rows: { status: 'pending' | 'dead'; count: number }[] = await this.dataSource.query(
      `SELECT status, count(*)::int AS count FROM governance.webhook_deliveries
       WHERE status IN ('pending', 'dead') GROUP BY status`,
    );
    const countOf = (status: string): number => rows.find((row) => row.status === status)?.count ?? 0;
    this.events.backlogSeen(countOf('pending'), countOf('dead'));
  }

  private async claim(): Promise<ClaimedDelivery[]> {
    const [rows]: [ClaimedDelivery[], number] = await this.dataSource.query(CLAIM, [SENDS_AT_ONCE, LEASE_MS]);
    return rows;
  }

  private async alertsOf(claimed: readonly ClaimedDelivery[]): Promise<Map<string, AlertEntity>> {
    const ids = [...new Set(claimed.map(({ alertId }) => alertId))];
    const rows = await this.dataSource.getRepository(AlertEntity).findBy({ id: In(ids) });
    return new Map(rows.map((row) => [row.id, row]));
  }

  private async deliver(delivery: ClaimedDelivery, alerts: ReadonlyMap<string, AlertEntity>): Promise<void> {
    const alert = alerts.get(delivery.alertId);
    // Purged since, and the delivery with it.
    if (alert === undefined) return;
    const result = await this.send(delivery, alert);
    if (isAccepted(result)) {
      await this.dataSource.query(DELIVERED, [delivery.id, result.kind === 'answered' ? result.status : null]);
      this.events.deliveryEnded('delivered');
      return;
    }
    await this.recordFailure(delivery, result);
  }

  private async send(delivery: ClaimedDelivery, alert: AlertEntity): Promise<OutboundResult> {
    const { webhookId: id, url, ciphertext, keyVersion } = delivery;
    try {
      const target = { id, url, secret: { ciphertext, keyVersion } };
      return await this.sender.send(target, toWebhookEvent(alert), this.clock.now());
    } catch (error) {
      // Such as a secret that does not open: the key of its version is missing.
      this.logger.error({ webhookId: id, deliveryId: delivery.id, err: error }, 'a webhook event cannot be sent');
      return { kind: 'failed', reason: 'the event could not be signed; the log of the worker says why' };
    }
  }

  private async recordFailure(delivery: ClaimedDelivery, result: OutboundResult): Promise<void> {
    const status = result.kind === 'answered' ? result.status : null;
    const reason = result.kind === 'answered' ? `the receiver answered ${result.status}` : result.reason;
    const isDead = status === GONE || delivery.attempt >= this.config.PENSTOCK_WEBHOOK_ATTEMPTS_MAX;
    const delayMs = retryDelayMs(delivery.attempt, this.config.PENSTOCK_WEBHOOK_RETRY_BASE_MS, Math.random());
    const state = isDead ? 'dead' : 'pending';
    await this.dataSource.query(FAILED, [delivery.id, delivery.attempt, state, status, reason, delayMs]);
    this.events.deliveryEnded(isDead ? 'dead' : 'failed');
    if (!isDead) return;
    const fields = { webhookId: delivery.webhookId, deliveryId: delivery.id, attempts: delivery.attempt, reason };
    this.logger.warn(fields, 'a webhook event was given up');
  }
}
