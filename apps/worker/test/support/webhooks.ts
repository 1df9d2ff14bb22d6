import { uuidv7 } from '@penstock/domain';
import { mintWebhookSecret, parseEncryptionKeys, SecretBox } from '@penstock/platform';
import type { DataSource } from 'typeorm';

import { ENCRYPTION_KEYS } from './worker-app.js';

/** A webhook of a customer, as governance leaves it in the database. */
export interface TestWebhook {
  readonly id: string;
  readonly secret: string;
}

/** A delivery as the database has it. */
export interface DeliveryRow {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly delivered_at: Date | null;
}

const box = new SecretBox(parseEncryptionKeys(ENCRYPTION_KEYS));

export async function createWebhook(
  db: DataSource,
  customerId: string,
  url: string,
  isActive = true,
): Promise<TestWebhook> {
  const id = uuidv7();
  const secret = mintWebhookSecret();
  const { ciphertext, keyVersion } = box.encrypt(secret, id);
  await db.query(
    `INSERT INTO governance.webhooks (id, customer_id, url, secret_ciphertext, secret_key_version, is_active,
       created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, now(), now())`,
    [id, customerId, url, ciphertext, keyVersion, isActive],
  );
  return { id, secret };
}

/** Oldest first. */
export async function deliveriesOf(db: DataSource, { id }: TestWebhook): Promise<DeliveryRow[]> {
  return db.query('SELECT * FROM governance.webhook_deliveries WHERE webhook_id = $1 ORDER BY id', [id]);
}

/** Takes the wait off everything that is to be tried again. */
export async function makeDue(db: DataSource): Promise<void> {
  await db.query(`UPDATE governance.webhook_deliveries SET next_attempt_at = now() WHERE status = 'pending'`);
}
