import { uuidv7 } from '@penstock/domain';
import { AlertEntity, WebhookDeliveryEntity } from '@penstock/entities';
import type { DataSource } from 'typeorm';

/** Leaves in the database what a worker would: an alert, and its delivery to a webhook, given up unless told otherwise. */
export async function leaveDelivery(
  db: DataSource,
  webhook: { readonly id: string; readonly customer_id?: string | null; readonly team_id?: string | null },
  now: Date,
  { delivery = {}, alert = {} }: { delivery?: Partial<WebhookDeliveryEntity>; alert?: Partial<AlertEntity> } = {},
): Promise<string> {
  const entity = webhook.customer_id ? 'customer' : 'team';
  const tenantId = webhook.customer_id ?? webhook.team_id ?? '';
  const alertId = uuidv7();
  await db.getRepository(AlertEntity).insert({
    id: alertId,
    tenantId,
    budgetId: uuidv7(),
    limitKey: `c${alertId}`,
    generation: 0,
    windowStartAt: new Date('2026-01-01T00:00:00Z'),
    windowEndAt: new Date('2026-02-01T00:00:00Z'),
    kind: 'threshold',
    thresholdPercent: 80,
    usedNanoUsd: 8_000_000_001n,
    capNanoUsd: 10_000_000_000n,
    exhaustsAt: null,
    owners: [{ entity, id: tenantId, name: 'Acme' }],
    createdAt: now,
    ...alert,
  });
  const id = uuidv7();
  await db.getRepository(WebhookDeliveryEntity).insert({
    id,
    webhookId: webhook.id,
    alertId,
    status: 'dead',
    attempts: 10,
    nextAttemptAt: now,
    lastAttemptAt: now,
    lastStatus: 500,
    lastError: 'the receiver answered 500',
    deliveredAt: null,
    createdAt: now,
    ...delivery,
  });
  return id;
}
