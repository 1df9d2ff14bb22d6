import { Injectable } from '@nestjs/common';
import type { TeamEntity } from '@penstock/entities';

import { LimitBook } from '../limits/answers/limit-book.js';
import { OwnerSummaries } from '../owners/owner-summaries.js';
import { SharedBudgetNames } from '../shared-budgets/shared-budget-names.js';
import { toTeamResponse } from './team.mapping.js';
import type { TeamResponse } from './team.response.js';

/** Teams with their relations and live usage: a fixed number of queries for any number of teams. */
@Injectable()
export class TeamViews {
  constructor(
    private readonly summaries: OwnerSummaries,
    private readonly limitBook: LimitBook,
    private readonly sharedBudgets: SharedBudgetNames,
  ) {}

  async many(teams: readonly TeamEntity[], nowMs: number): Promise<TeamResponse[]> {
    const ids = teams.map(({ id }) => id);
    const [customers, limits, sharedBudgets] = await Promise.all([
      this.summaries.customers(teams.map(({ customerId }) => customerId)),
      this.limitBook.answers('team', ids, nowMs),
      this.sharedBudgets.ofTeams(ids),
    ]);
    return teams.map((team) =>
      toTeamResponse(team, {
        customer: customers.get(team.customerId ?? ''),
        limits: limits.get(team.id) ?? {},
        sharedBudgets: sharedBudgets.get(team.id),
      }),
    );
  }
}
