import type { TeamEntity } from '@penstock/entities';

import type { CustomerSummary } from '../customers/customer.response.js';
import type { LimitAnswer, LimitIds } from '../limits/limit-book.js';
import type { TeamResponse, TeamSummary } from './team.response.js';

/** A team inside another entity. */
export function toTeamSummary(team: TeamEntity, limitIds: LimitIds): TeamSummary {
  return {
    id: team.id,
    name: team.name,
    ...(team.customerId === null ? {} : { customer_id: team.customerId }),
    ...limitIds.get(team.id),
    virtual_keys: null,
    created_at: team.createdAt.toISOString(),
    updated_at: team.updatedAt.toISOString(),
  };
}

/** A team on its own. */
export function toTeamResponse(
  team: TeamEntity,
  customer: CustomerSummary | undefined,
  limits: LimitAnswer,
): TeamResponse {
  return {
    id: team.id,
    name: team.name,
    ...(team.customerId === null ? {} : { customer_id: team.customerId }),
    ...(limits.budget === undefined ? {} : { budget_id: limits.budget.id }),
    ...(limits.rate_limit === undefined ? {} : { rate_limit_id: limits.rate_limit.id }),
    ...(customer === undefined ? {} : { customer }),
    ...limits,
    virtual_keys: null,
    created_at: team.createdAt.toISOString(),
    updated_at: team.updatedAt.toISOString(),
  };
}
