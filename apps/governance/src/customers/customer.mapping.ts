import type { CustomerEntity } from '@penstock/entities';

import type { LimitAnswer, LimitIds } from '../limits/answers/limit-book.js';
import type { TeamSummary } from '../teams/team.response.js';
import type { CustomerResponse } from './customer-envelopes.js';
import type { CustomerSummary } from './customer.response.js';

/** A customer inside another entity. */
export function toCustomerSummary(customer: CustomerEntity, limitIds: LimitIds): CustomerSummary {
  return {
    id: customer.id,
    name: customer.name,
    ...limitIds.get(customer.id),
    teams: null,
    virtual_keys: null,
    created_at: customer.createdAt.toISOString(),
    updated_at: customer.updatedAt.toISOString(),
  };
}

/** A customer on its own. */
export function toCustomerResponse(
  customer: CustomerEntity,
  teams: readonly TeamSummary[],
  limits: LimitAnswer,
): CustomerResponse {
  return {
    id: customer.id,
    name: customer.name,
    ...(limits.budget === undefined ? {} : { budget_id: limits.budget.id }),
    ...(limits.rate_limit === undefined ? {} : { rate_limit_id: limits.rate_limit.id }),
    ...limits,
    teams: [...teams],
    virtual_keys: null,
    created_at: customer.createdAt.toISOString(),
    updated_at: customer.updatedAt.toISOString(),
  };
}
