import { type LiveValue, maskedValue } from '@penstock/management';

import type { CustomerSummary } from '../customers/customer.response.js';
import type { LimitAnswer } from '../limits/answers/limit-book.js';
import type { SharedBudgetName } from '../limits/answers/limit-responses.js';
import type { ProviderConfigResponse } from '../provider-configs/provider-config.response.js';
import type { TeamSummary } from '../teams/team.response.js';
import type { KeySecretResponse, VirtualKeyResponse } from './virtual-key.response.js';
import type { ListedKey } from './virtual-keys.repository.js';

/** What a key is shown with. */
export interface VirtualKeyRelations {
  readonly value: string;
  readonly team: TeamSummary | undefined;
  readonly customer: CustomerSummary | undefined;
  readonly limits: LimitAnswer;
  readonly providerConfigs: ProviderConfigResponse[] | undefined;
  readonly sharedBudgets: SharedBudgetName[] | undefined;
}

/** A virtual key on the wire. */
export function toVirtualKeyResponse(
  key: ListedKey,
  { value, team, customer, limits, providerConfigs, sharedBudgets }: VirtualKeyRelations,
): VirtualKeyResponse {
  return {
    id: key.id,
    name: key.name,
    value,
    ...(key.description === null || key.description === '' ? {} : { description: key.description }),
    is_active: key.isActive,
    allowed_models: key.allowedModels,
    allowed_providers: key.allowedProviders,
    ...(key.teamId === null ? {} : { team_id: key.teamId }),
    ...(key.customerId === null ? {} : { customer_id: key.customerId }),
    ...(limits.budget === undefined ? {} : { budget_id: limits.budget.id }),
    ...(limits.rate_limit === undefined ? {} : { rate_limit_id: limits.rate_limit.id }),
    ...(team === undefined ? {} : { team }),
    ...(customer === undefined ? {} : { customer }),
    ...limits,
    ...(providerConfigs === undefined ? {} : { provider_configs: providerConfigs }),
    ...(key.expiresAt === null ? {} : { expires_at: key.expiresAt.toISOString() }),
    ...(key.allowedIps === null ? {} : { allowed_ips: key.allowedIps }),
    ...(key.tags === null ? {} : { tags: key.tags }),
    ...(sharedBudgets === undefined ? {} : { shared_budgets: sharedBudgets }),
    created_at: key.createdAt.toISOString(),
    updated_at: key.updatedAt.toISOString(),
  };
}

/** A value of a key on the wire, masked. */
export function toKeySecretResponse({ secret, lastUsedAt }: LiveValue): KeySecretResponse {
  return {
    id: secret.id,
    value: maskedValue(secret.valueHint),
    created_at: secret.createdAt.toISOString(),
    expires_at: secret.expiresAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
  };
}
