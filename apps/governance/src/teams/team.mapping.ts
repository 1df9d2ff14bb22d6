import type { TeamEntity } from '@penstock/entities';

import type { CustomerSummary } from '../customers/customer.response.js';
import type { LimitAnswer, LimitIds } from '../limits/answers/limit-book.js';
import type { SharedBudgetName } from '../limits/answers/limit-responses.js';
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

/** What a team is shown with. */
export interface TeamRelations {
  readonly customer: CustomerSummary | undefined;
  readonly limits: LimitAnswer;
  readonly sharedBudgets: SharedBudgetName[] | undefined;
}

/** A team on its own. */
export function toTeamResponse(team: TeamEntity, { customer, limits, sharedBudgets }: TeamRelations): TeamResponse {
  return {
    id: team.id,
    name: team.name,
    ...(team.customerId === null ? {} : { customer_id: team.customerId }),
    ...(limits.budget === undefined ? {} : { budget_id: limits.budget.id }),
    ...(limits.rate_limit === undefined ? {} : { rate_limit_id: limits.rate_limit.id }),
    ...(customer === undefined ? {} : { customer }),
    ...limits,
    ...(sharedBudgets === undefined ? {} : { shared_budgets: sharedBudgets }),
    virtual_keys: null,
    created_at: team.createdAt.toISOString(),
    updated_at: team.updatedAt.toISOString(),
  };
}
