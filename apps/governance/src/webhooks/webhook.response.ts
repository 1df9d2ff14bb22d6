import { ApiProperty } from '@nestjs/swagger';
import type { WebhookEntity } from '@penstock/entities';
import type { OutboundResult } from '@penstock/platform';
import { isAccepted } from '@penstock/platform';

/** A webhook. Its secret is not part of it. */
export class WebhookResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, description: 'Only its origin for role user: many receivers know callers by the rest.' })
  url!: string;

  @ApiProperty({ type: String, required: false })
  description?: string;

  @ApiProperty({ type: Boolean })
  is_active!: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** Answer with one webhook. */
export class WebhookEnvelope {
  @ApiProperty({ type: WebhookResponse })
  webhook!: WebhookResponse;
}

/** Answer to a change of a webhook. */
export class ChangedWebhookEnvelope extends WebhookEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** Answer that shows a new signing secret. */
export class WebhookSecretEnvelope extends ChangedWebhookEnvelope {
  @ApiProperty({ type: String, example: 'whsec_…', description: 'Shown this once; only rotating gives another.' })
  secret!: string;
}

/** A list of webhooks. */
export class WebhookListEnvelope {
  @ApiProperty({ type: [WebhookResponse] })
  webhooks!: WebhookResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}

/** What the receiver made of a test event. */
export class WebhookTestResponse {
  @ApiProperty({ type: String })
  message!: string;

  @ApiProperty({ type: Boolean, description: 'The receiver answered with 2xx.' })
  is_delivered!: boolean;

  @ApiProperty({ type: 'integer', required: false, description: 'HTTP status of the answer, if there was one.' })
  status?: number;

  @ApiProperty({ type: String, required: false, description: 'At most the first 4 KiB of the answer.' })
  body?: string;

  @ApiProperty({ type: String, required: false, description: 'Why there was no answer.' })
  error?: string;
}

/** A webhook on the wire. */
export function toWebhookResponse(row: WebhookEntity): WebhookResponse {
  return {
    id: row.id,
    ...(row.customerId === null ? {} : { customer_id: row.customerId }),
    ...(row.teamId === null ? {} : { team_id: row.teamId }),
    url: row.url,
    ...(row.description === null || row.description === '' ? {} : { description: row.description }),
    is_active: row.isActive,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** A webhook for who may not see what opens its receiver. */
export function toMaskedWebhookResponse(row: WebhookEntity): WebhookResponse {
  return { ...toWebhookResponse(row), url: `${new URL(row.url).origin}/...` };
}

/** The result of a test on the wire. */
export function toWebhookTestResponse(result: OutboundResult): WebhookTestResponse {
  if (result.kind === 'failed') {
    return { message: 'The receiver could not be reached', is_delivered: false, error: result.reason };
  }
  const { status, body } = result;
  const isDelivered = isAccepted(result);
  const message = isDelivered ? 'The receiver took the test event' : `The receiver answered ${status}`;
  return { message, is_delivered: isDelivered, status, body };
}
