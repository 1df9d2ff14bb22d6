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

/** What a receiver learns about the credits of a team. */
export interface CreditAlertData {
  /** As the admin API calls them. */
  readonly team_id: string;
  readonly organization_id: string;
  /** The customer whose webhooks hear of it. */
  readonly tenant_id: string;
  /** When the alert was raised; below zero in an overdraft. */
  readonly credits_remaining: number;
  /** The booking that did it; null when a setting was changed. */
  readonly transaction_id: string | null;
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
    | { readonly type: 'credits.low'; readonly data: CreditAlertData & { readonly threshold_credits: number } }
    | { readonly type: 'credits.exhausted'; readonly data: CreditAlertData }
    | { readonly type: 'webhook.test'; readonly data: { readonly webhook_id: string; readonly message: string } }
  );
