import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';

import { CREDITS_MAX, IsCredits } from '../credits/credit-fields.js';
import { IsNaming, IsNamingList, IsStorableObject } from '../http/is-storable.decorator.js';
import { PageQuery } from '../http/page.query.js';

/** Body of `POST /api/organizations/create`. */
export class CreateOrganizationRequest {
  /** Chosen by the operator; part of addresses. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  organization_id!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  name!: string;

  /** Anything the operator wants to keep; null counts as nothing. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;

  @ApiProperty({
    type: Boolean,
    required: false,
    default: true,
    description: 'Makes a team `<organization_id>_default`, which goes only with its organization.',
  })
  @IsOptional()
  @IsBoolean()
  create_default_team?: boolean | null;

  @ApiProperty({ type: String, required: false, nullable: true, description: 'Alias of the default team.' })
  @IsOptional()
  @IsNaming()
  default_team_name?: string | null;

  @ApiProperty({ type: [String], required: false, description: 'Names that are not known are left out.' })
  @IsOptional()
  @IsNamingList()
  default_team_access_groups?: string[] | null;

  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: CREDITS_MAX })
  @IsOptional()
  @IsCredits({ min: 0 })
  default_team_credits?: number | null;
}

/** Statuses of organizations. */
export const ORGANIZATION_STATUSES = ['active', 'suspended'] as const;

/** Body of `PUT /api/organizations/{id}`: what is absent or null stays. */
export class UpdateOrganizationRequest {
  @ApiProperty({ type: String, required: false, minLength: 1, maxLength: 255 })
  @IsOptional()
  @IsNaming()
  name?: string | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Replaces all metadata.' })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;

  @ApiProperty({ enum: ORGANIZATION_STATUSES, required: false })
  @IsOptional()
  @IsIn(ORGANIZATION_STATUSES)
  status?: 'active' | 'suspended' | null;
}

/** Query of `GET /api/organizations`. */
export class OrganizationListQuery extends PageQuery {
  @ApiProperty({ enum: [...ORGANIZATION_STATUSES, 'all'], required: false, default: 'active' })
  @IsOptional()
  @IsIn([...ORGANIZATION_STATUSES, 'all'])
  status?: 'active' | 'suspended' | 'all';
}

/** Query of `DELETE /api/organizations/{id}`. */
export class DeleteOrganizationQuery {
  @ApiProperty({ enum: ['true', 'false'], required: false, description: 'Delete its teams and keys with it.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  cascade?: 'true' | 'false';
}
