import { nanoUsd, nanoUsdToCents } from '@penstock/domain';
import type { BudgetAlertData, WebhookEvent } from '@penstock/dto';
import type { AlertEntity } from '@penstock/entities';

/** What receivers see of an alert: the same text in every attempt. */
export function toWebhookEvent(alert: AlertEntity): WebhookEvent {
  const envelope = { schema_version: 1, id: alert.id, created_at: alert.createdAt.toISOString() } as const;
  const data = dataOf(alert);
  if (alert.kind === 'forecast') {
    if (alert.exhaustsAt === null) throw new Error(`Alert ${alert.id} is a forecast without a moment.`);
    return {
      ...envelope,
      type: 'budget.forecast_exhaustion',
      data: { ...data, exhausts_at: alert.exhaustsAt.toISOString() },
    };
  }
  if (alert.thresholdPercent === null) throw new Error(`Alert ${alert.id} is a threshold without percent.`);
  return {
    ...envelope,
    type: 'budget.threshold_reached',
    data: { ...data, threshold_percent: alert.thresholdPercent },
  };
}

function dataOf(alert: AlertEntity): BudgetAlertData {
  return {
    budget_id: alert.budgetId,
    tenant_id: alert.tenantId,
    owners: alert.owners.map(({ entity, id, name }) => ({ entity, id, name })),
    window: { start_at: alert.windowStartAt.toISOString(), end_at: alert.windowEndAt.toISOString() },
    used_cents: nanoUsdToCents(nanoUsd(alert.usedNanoUsd)),
    cap_cents: nanoUsdToCents(nanoUsd(alert.capNanoUsd)),
    used_nano_usd: alert.usedNanoUsd.toString(),
    cap_nano_usd: alert.capNanoUsd.toString(),
  };
}
