import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { AlertEntity } from './alert.entity.js';
import { WebhookEntity } from './webhook.entity.js';

/** One alert on its way to one webhook. */
@Entity({ name: 'webhook_deliveries', schema: 'governance' })
@Unique('uq_webhook_deliveries_webhook_id_alert_id', ['webhookId', 'alertId'])
@Check('ck_webhook_deliveries_status', "status IN ('pending', 'delivered', 'dead')")
@Index('ix_webhook_deliveries_alert_id', ['alertId'])
@Index('ix_webhook_deliveries_due', ['nextAttemptAt'], { where: "status = 'pending'" })
@Index('ix_webhook_deliveries_status', ['status', 'createdAt', 'id'])
export class WebhookDeliveryEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_webhook_deliveries' })
  id!: string;

  @ForeignKey(() => WebhookEntity, 'id', { name: 'fk_webhook_deliveries_webhook_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'webhook_id' })
  webhookId!: string;

  @ForeignKey(() => AlertEntity, 'id', { name: 'fk_webhook_deliveries_alert_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'alert_id' })
  alertId!: string;

  /** `dead`: given up; the dead-letter list is the rows of this status. */
  @Column({ type: 'text', name: 'status' })
  status!: 'pending' | 'delivered' | 'dead';

  /** Attempts begun. */
  @Column({ type: 'integer', name: 'attempts' })
  attempts!: number;

  /** While a worker sends, the end of its lease: another may try again after it. */
  @Column({ type: 'timestamptz', name: 'next_attempt_at', precision: 3 })
  nextAttemptAt!: Date;

  @Column({ type: 'timestamptz', name: 'last_attempt_at', precision: 3, nullable: true })
  lastAttemptAt!: Date | null;

  /** HTTP status of the last answer; null when there was none. */
  @Column({ type: 'integer', name: 'last_status', nullable: true })
  lastStatus!: number | null;

  /** Why the last attempt failed. */
  @Column({ type: 'text', name: 'last_error', nullable: true })
  lastError!: string | null;

  @Column({ type: 'timestamptz', name: 'delivered_at', precision: 3, nullable: true })
  deliveredAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
