import { createHmac, randomBytes } from 'node:crypto';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

/** A new signing secret as Standard Webhooks writes it: `whsec_` and 32 random bytes in base64. */
export function mintWebhookSecret(): string {
  return SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64');
}

/** What is signed. */
export interface WebhookMessage {
  /** The same in every attempt, so that receivers can tell a repetition. */
  readonly id: string;
  /** When this attempt is made. */
  readonly sentAtMs: number;
  readonly body: string;
}

/** The headers of Standard Webhooks: `v1` is HMAC-SHA256 over id, time in seconds and body, joined by dots. */
export function webhookHeaders(secret: string, { id, sentAtMs, body }: WebhookMessage): Record<string, string> {
  const timestamp = String(Math.floor(sentAtMs / 1_000));
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
  return {
    'content-type': 'application/json',
    'user-agent': 'Penstock-Webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
}
