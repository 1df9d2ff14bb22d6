import { nanoUsd, nanoUsdToCents } from '@penstock/domain';
import type { BudgetAlertData, CreditAlertData, WebhookEvent } from '@penstock/dto';
import type { AlertEntity } from '@penstock/entities';

/** What receivers see of an alert: the same text in every attempt. */
export function toWebhookEvent(alert: AlertEntity): WebhookEvent {
  const envelope = { schema_version: 1, id: alert.id, created_at: alert.createdAt.toISOString() } as const;
  switch (alert.kind) {
    case 'threshold':
      return {
        ...envelope,
        type: 'budget.threshold_reached',
        data: { ...budgetDataOf(alert), threshold_percent: given(alert, 'thresholdPercent') },
      };
    case 'forecast':
      return {
        ...envelope,
        type: 'budget.forecast_exhaustion',
        data: { ...budgetDataOf(alert), exhausts_at: given(alert, 'exhaustsAt').toISOString() },
      };
    case 'credits_low':
      return {
        ...envelope,
        type: 'credits.low',
        data: { ...creditDataOf(alert), threshold_credits: Number(given(alert, 'thresholdCredits')) },
      };
    case 'credits_exhausted':
      return { ...envelope, type: 'credits.exhausted', data: creditDataOf(alert) };
  }
}

function budgetDataOf(alert: AlertEntity): BudgetAlertData {
  const used = given(alert, 'usedNanoUsd');
  const cap = given(alert, 'capNanoUsd');
  return {
    budget_id: given(alert, 'budgetId'),
    tenant_id: alert.tenantId,
    owners: alert.owners.map(({ entity, id, name }) => ({ entity, id, name })),
    window: {
      start_at: given(alert, 'windowStartAt').toISOString(),
      end_at: given(alert, 'windowEndAt').toISOString(),
    },
    used_cents: nanoUsdToCents(nanoUsd(used)),
    cap_cents: nanoUsdToCents(nanoUsd(cap)),
    used_nano_usd: used.toString(),
    cap_nano_usd: cap.toString(),
  };
}

/** The owners of a credit alert are the team and its customer, named as the admin API does. */
function creditDataOf(alert: AlertEntity): CreditAlertData {
  const nameOf = (entity: string): string => alert.owners.find((owner) => owner.entity === entity)?.name ?? '';
  return {
    team_id: nameOf('team'),
    organization_id: nameOf('customer'),
    tenant_id: alert.tenantId,
    credits_remaining: Number(given(alert, 'balanceCredits')),
    transaction_id: alert.creditTransferId,
  };
}

/** A column that rows of this kind have, as the table's checks say. */
function given<K extends keyof AlertEntity>(alert: AlertEntity, column: K): NonNullable<AlertEntity[K]> {
  const value = alert[column];
  if (value === null || value === undefined) throw new Error(`Alert ${alert.id} (${alert.kind}) has no ${column}.`);
  return value;
}
