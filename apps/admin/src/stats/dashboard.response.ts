import { ApiProperty } from '@nestjs/swagger';
import type { ExactJsonNumber } from '@penstock/platform';

/** Usage of a span of days, as the rollups have it. */
export class DashboardUsage {
  @ApiProperty({ type: 'integer', description: 'Calls that were accounted for.' })
  calls!: number;

  @ApiProperty({ type: 'integer' })
  tokens!: ExactJsonNumber;

  @ApiProperty({ type: Number, description: 'What providers bill, US dollars.' })
  cost_usd!: ExactJsonNumber;

  @ApiProperty({ type: Number, description: 'What clients pay, US dollars.' })
  client_cost_usd!: ExactJsonNumber;
}

/** The whole platform in a few numbers. */
export class DashboardResponse {
  @ApiProperty({ type: 'integer', description: 'Active ones.' })
  organizations!: number;

  @ApiProperty({ type: 'integer', description: 'Of any status.' })
  teams!: number;

  @ApiProperty({ type: 'integer', description: 'Active ones.' })
  modelGroups!: number;

  @ApiProperty({ type: 'integer', description: 'Credits that came into the accounts of all teams.' })
  totalCredits!: ExactJsonNumber;

  @ApiProperty({ type: 'integer', description: 'Balance of all teams.' })
  creditsRemaining!: ExactJsonNumber;

  @ApiProperty({ type: 'integer' })
  creditsUsed!: ExactJsonNumber;

  @ApiProperty({ type: 'integer', description: 'Jobs that have not ended.' })
  open_jobs!: number;

  @ApiProperty({ type: DashboardUsage, description: 'Since midnight, UTC.' })
  today!: DashboardUsage;

  @ApiProperty({ type: DashboardUsage, description: 'Of today and the 29 days before, UTC.' })
  last_30_days!: DashboardUsage;
}
