import { ApiProperty, IntersectionType } from '@nestjs/swagger';

import { CustomerSummary } from '../customers/customer.response.js';
import { LimitsResponse, SharedBudgetName } from '../limits/answers/limit-responses.js';

/** A team as it is shown inside another entity: without its own relations. */
export class TeamSummary {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String, format: 'uuid', required: false, nullable: true })
  customer_id?: string | null;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  budget_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  rate_limit_id?: string;

  @ApiProperty({ type: 'null', description: 'Not loaded; list the keys with ?team_id=.' })
  virtual_keys!: null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** A team. */
export class TeamResponse extends IntersectionType(TeamSummary, LimitsResponse) {
  @ApiProperty({ type: CustomerSummary, required: false, nullable: true })
  customer?: CustomerSummary | null;

  @ApiProperty({
    type: [SharedBudgetName],
    required: false,
    description: 'Shared budgets that it spends from, if any.',
  })
  shared_budgets?: SharedBudgetName[];
}

/** Answer with one team. */
export class TeamEnvelope {
  @ApiProperty({ type: TeamResponse })
  team!: TeamResponse;
}

/** Answer to a change of a team. */
export class ChangedTeamEnvelope extends TeamEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of teams. */
export class TeamListEnvelope {
  @ApiProperty({ type: [TeamResponse] })
  teams!: TeamResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}
