import { ApiProperty } from '@nestjs/swagger';

/** What an organization used in a period. */
export class OrganizationUsageSummary {
  /** Jobs that were made in it. */
  @ApiProperty({ type: 'integer' })
  total_jobs!: number;

  @ApiProperty({ type: 'integer' })
  completed_jobs!: number;

  @ApiProperty({ type: 'integer' })
  failed_jobs!: number;

  /** By jobs, and by calls without a job. */
  @ApiProperty({ type: 'integer' })
  credits_used!: number;

  /** What clients pay for all calls, with a job or without, USD. */
  @ApiProperty({ type: Number })
  total_cost_usd!: number;

  /** Of all calls. */
  @ApiProperty({ type: 'integer' })
  total_tokens!: number;

  /** Calls with a job or without. */
  @ApiProperty({ type: 'integer' })
  total_calls!: number;
}

/** What one team of it used. */
export class OrganizationTeamUsage {
  @ApiProperty({ type: 'integer' })
  jobs!: number;

  @ApiProperty({ type: 'integer' })
  credits_used!: number;
}

/** Answer to `GET /api/organizations/{id}/usage`. */
export class OrganizationUsageResponse {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String })
  period!: string;

  @ApiProperty({ type: OrganizationUsageSummary })
  summary!: OrganizationUsageSummary;

  /** By the id of the team, teams that were deleted too; what belongs to no team is only in the summary. */
  @ApiProperty({ type: 'object', additionalProperties: { $ref: '#/components/schemas/OrganizationTeamUsage' } })
  teams!: Record<string, OrganizationTeamUsage>;
}
