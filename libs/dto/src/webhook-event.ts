import type { LimitEntity } from '@penstock/domain';

/** One of those whose calls a budget pays for. */
export interface BudgetOwner {
  readonly entity: LimitEntity;
  readonly id: string;
  /** At the moment of the alert. */
  readonly name: string;
}

/** What a receiver learns about a budget. */
export interface BudgetAlertData {
  readonly budget_id: string;
  /** The customer or team whose webhooks hear of it. */
  readonly tenant_id: string;
  readonly owners: readonly BudgetOwner[];
  readonly window: { readonly start_at: string; readonly end_at: string };
  /** Cents as a JSON number, as everywhere in the governance API: rounded to the nearest double. */
  readonly used_cents: number;
  readonly cap_cents: number;
  /** Billionths of a dollar as decimal text: exact. */
  readonly used_nano_usd: string;
  readonly cap_nano_usd: string;
}

interface WebhookEnvelope {
  /** Version of this shape. New fields may come without another number. */
  readonly schema_version: 1;
  /** The same in every attempt; also the header `webhook-id`. */
  readonly id: string;
  readonly created_at: string;
}

/** Body of a webhook. `type` says what `data` is. */
export type WebhookEvent = WebhookEnvelope &
  (
    | {
        readonly type: 'budget.threshold_reached';
        readonly data: BudgetAlertData & { readonly threshold_percent: number };
      }
    | { readonly type: 'budget.forecast_exhaustion'; readonly data: BudgetAlertData & { readonly exhausts_at: string } }
    | { readonly type: 'webhook.test'; readonly data: { readonly webhook_id: string; readonly message: string } }
  );
