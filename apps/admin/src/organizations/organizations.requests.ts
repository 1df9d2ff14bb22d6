import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsOptional, IsString, Min } from 'class-validator';

import { IsNaming, IsStorableObject } from '../http/is-storable.decorator.js';

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

  @ApiProperty({ type: Boolean, required: false, description: 'Accepted; default teams come with teams.' })
  @IsOptional()
  @IsBoolean()
  create_default_team?: boolean | null;

  @ApiProperty({ type: String, required: false, nullable: true })
  @IsOptional()
  @IsString()
  default_team_name?: string | null;

  @ApiProperty({ type: [String], required: false })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  default_team_access_groups?: string[] | null;

  @ApiProperty({ type: 'integer', required: false, minimum: 0 })
  @IsOptional()
  @Transform(({ value }) => integerFromText(value))
  @IsInt()
  @Min(0)
  default_team_credits?: number | null;
}

/** The contract takes "5" for 5; nothing else is converted. */
function integerFromText(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
