import { Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import { AlertEntity, type BudgetAlertKind, type CreditAlertKind, WebhookDeliveryEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

type Required<T> = { [K in keyof T]: NonNullable<T[K]> };

/** Something noticed about a budget, before it is known whether somebody noticed it first. */
export type NewBudgetAlert = { readonly kind: BudgetAlertKind } & Pick<
  AlertEntity,
  'tenantId' | 'owners' | 'thresholdPercent' | 'exhaustsAt'
> &
  Required<
    Pick<
      AlertEntity,
      'budgetId' | 'limitKey' | 'generation' | 'windowStartAt' | 'windowEndAt' | 'usedNanoUsd' | 'capNanoUsd'
    >
  >;

/** Something noticed about a team's credits. */
export type NewCreditAlert = { readonly kind: CreditAlertKind } & Pick<
  AlertEntity,
  'tenantId' | 'owners' | 'creditTransferId' | 'thresholdCredits'
> &
  Required<Pick<AlertEntity, 'creditAccountId' | 'balanceCredits'>>;

/** Something noticed. */
export type NewAlert = NewBudgetAlert | NewCreditAlert;

/** An alert that this call has raised. */
export type RaisedAlert = Pick<AlertEntity, 'id' | 'tenantId' | 'kind'>;

/**
 * Writes alerts and what is owed to webhooks for them. The unique key of the table decides who was first: however
 * often and wherever an alert is noticed, it is raised once, and its deliveries come into being with it.
 */
@Injectable()
export class AlertRecorder {
  /** Inside the caller's transaction. Answers the alerts that were new. */
  async record(tx: EntityManager, alerts: readonly NewAlert[], now: Date): Promise<RaisedAlert[]> {
    if (alerts.length === 0) return [];
    // In the order of the key: two transactions that meet on the same alerts wait for each other, no deadlock.
    const sorted = alerts.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const inserted = await tx
      .createQueryBuilder()
      .insert()
      .into(AlertEntity)
      .values(sorted.map((alert) => ({ ...alert, id: uuidv7(now.getTime()), createdAt: now })))
      .orIgnore()
      .returning(['id', 'tenantId', 'kind'])
      .updateEntity(false)
      .execute();
    const raised = (inserted.raw as { id: string; tenant_id: string; kind: AlertEntity['kind'] }[]).map(
      ({ id, tenant_id: tenantId, kind }) => ({ id, tenantId, kind }),
    );
    await this.owe(tx, raised, now);
    return raised;
  }

  private async owe(tx: EntityManager, raised: readonly RaisedAlert[], now: Date): Promise<void> {
    if (raised.length === 0) return;
    // Locked, so that none of them is deleted before its deliveries refer to it.
    const webhooks: { id: string; tenantId: string }[] = await tx.query(
      `SELECT id, COALESCE(customer_id, team_id) AS "tenantId" FROM governance.webhooks
       WHERE is_active AND (customer_id = ANY($1) OR team_id = ANY($1)) ORDER BY id FOR KEY SHARE`,
      [[...new Set(raised.map(({ tenantId }) => tenantId))]],
    );
    const deliveries = raised.flatMap((alert) =>
      webhooks
        .filter(({ tenantId }) => tenantId === alert.tenantId)
        .map((webhook) => ({
          id: uuidv7(now.getTime()),
          webhookId: webhook.id,
          alertId: alert.id,
          status: 'pending' as const,
          attempts: 0,
          nextAttemptAt: now,
          lastAttemptAt: null,
          lastStatus: null,
          lastError: null,
          deliveredAt: null,
          createdAt: now,
        })),
    );
    if (deliveries.length > 0) await tx.getRepository(WebhookDeliveryEntity).insert(deliveries);
  }
}

function sortKey(alert: NewAlert): string {
  if ('creditAccountId' in alert) return [alert.creditAccountId, alert.creditTransferId, alert.kind].join(' ');
  const { limitKey, generation, windowStartAt, kind, thresholdPercent } = alert;
  return [limitKey, generation, windowStartAt.getTime(), kind, thresholdPercent ?? -1].join(' ');
}
