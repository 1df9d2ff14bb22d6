import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { BUDGET_MODES } from '@penstock/domain';
import { IsIn, IsOptional, IsString } from 'class-validator';

import { CREDITS_MAX, IsCredits } from '../credits/credit-fields.js';
import { RatesRequest } from '../credits/settings/settings.requests.js';
import { IsNaming, IsNamingList, IsStorableObject } from '../http/is-storable.decorator.js';
import { PageQuery } from '../http/page.query.js';
import { IsAbsent } from './is-absent.decorator.js';

/** Statuses of teams. */
export const TEAM_STATUSES = ['active', 'suspended', 'paused'] as const;

/** How the credits of a team are used. */
class BudgetTerms extends RatesRequest {
  /** What it must be is judged after what it belongs to: an unknown one is 400. */
  @ApiProperty({ enum: BUDGET_MODES, required: false, default: 'job_based' })
  @IsOptional()
  @IsString()
  budget_mode?: string | null;
}

/** Body of `POST /api/teams/create`. */
export class CreateTeamRequest extends BudgetTerms {
  @ApiProperty({ type: String })
  @IsNaming()
  organization_id!: string;

  /** Chosen by the operator; part of addresses. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  team_id!: string;

  @ApiProperty({ type: String, required: false, nullable: true, description: 'The team_id when absent.' })
  @IsOptional()
  @IsNaming()
  team_alias?: string | null;

  @ApiProperty({ type: [String], required: false, default: [] })
  @IsOptional()
  @IsNamingList()
  model_groups?: string[] | null;

  @ApiProperty({ type: [String], required: false, default: [] })
  @IsOptional()
  @IsNamingList()
  access_groups?: string[] | null;

  @ApiProperty({ type: 'integer', required: false, default: 0, minimum: 0, maximum: CREDITS_MAX })
  @IsOptional()
  @IsCredits({ min: 0 })
  credits_allocated?: number | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;
}

/** Body of `PUT /api/teams/{id}`: what is absent or null stays. */
export class UpdateTeamRequest extends BudgetTerms {
  @ApiProperty({ type: String, required: false })
  @IsOptional()
  @IsNaming()
  team_alias?: string | null;

  @ApiProperty({ type: [String], required: false, description: 'Replaces all.' })
  @IsOptional()
  @IsNamingList()
  model_groups?: string[] | null;

  @ApiProperty({ type: [String], required: false, description: 'Replaces all.' })
  @IsOptional()
  @IsNamingList()
  access_groups?: string[] | null;

  @ApiProperty({
    type: 'integer',
    required: false,
    minimum: 0,
    maximum: CREDITS_MAX,
    description: 'What is to have been allocated in all: the difference is posted to the ledger as an adjustment.',
  })
  @IsOptional()
  @IsCredits({ min: 0 })
  credits_allocated?: number | null;

  @ApiProperty({ type: 'integer', required: false, description: 'Refused: what was used is what the ledger says.' })
  @IsAbsent('cannot be set: it is the sum of what calls and jobs used; use refund or adjust under /api/credits')
  credits_used?: unknown;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Replaces all metadata.' })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;
}

/** Query of `GET /api/teams`. */
export class TeamListQuery extends PageQuery {
  @ApiProperty({ type: String, required: false, description: 'Only the teams of this organization.' })
  @IsOptional()
  @IsString()
  organization_id?: string;

  @ApiProperty({ enum: TEAM_STATUSES, required: false })
  @IsOptional()
  @IsIn(TEAM_STATUSES)
  status?: (typeof TEAM_STATUSES)[number];
}
