import { ApiProperty } from '@nestjs/swagger';
import type { WebhookDeliveryEntity } from '@penstock/entities';

/** One event on its way to one webhook. */
export class WebhookDeliveryResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  webhook_id!: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'Also the id of the event that the receiver sees.' })
  alert_id!: string;

  @ApiProperty({ enum: ['pending', 'delivered', 'dead'] })
  status!: string;

  @ApiProperty({ type: 'integer', description: 'Attempts begun since the last retry by hand.' })
  attempts!: number;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'Of a pending delivery.' })
  next_attempt_at?: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_attempt_at!: string | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'HTTP status of the last answer.' })
  last_status!: number | null;

  @ApiProperty({ type: String, nullable: true, description: 'Why the last attempt failed.' })
  last_error!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  delivered_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A page of deliveries, newest first. */
export class WebhookDeliveryListEnvelope {
  @ApiProperty({ type: [WebhookDeliveryResponse] })
  webhook_deliveries!: WebhookDeliveryResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}

/** Answer to a retry. */
export class ChangedWebhookDeliveryEnvelope {
  @ApiProperty({ type: String })
  message!: string;

  @ApiProperty({ type: WebhookDeliveryResponse })
  webhook_delivery!: WebhookDeliveryResponse;
}

/** A delivery on the wire. */
export function toWebhookDeliveryResponse(row: WebhookDeliveryEntity): WebhookDeliveryResponse {
  return {
    id: row.id,
    webhook_id: row.webhookId,
    alert_id: row.alertId,
    status: row.status,
    attempts: row.attempts,
    ...(row.status === 'pending' ? { next_attempt_at: row.nextAttemptAt.toISOString() } : {}),
    last_attempt_at: row.lastAttemptAt?.toISOString() ?? null,
    last_status: row.lastStatus,
    last_error: row.lastError,
    delivered_at: row.deliveredAt?.toISOString() ?? null,
    created_at: row.createdAt.toISOString(),
  };
}
