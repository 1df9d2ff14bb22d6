import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional } from 'class-validator';

import { IsNaming, IsNamingList, IsStorableText } from '../../http/is-storable.decorator.js';
import { IsCatalogueStatus, IsDescription, IsDisplayName } from '../catalogue-fields.js';
import { IsProviderName, IsUsdPerMtok } from './alias-fields.js';

/** What an update can take away. */
export const CLEARABLE_FIELDS = ['description', 'pricing_input', 'pricing_output'] as const;

/**
 * Body of `POST /api/models/create`. Credentials of providers are not part of an alias: `credential_name`, `api_key` and
 * `api_base`, which clients may send, are ignored.
 */
export class CreateModelAliasRequest {
  /** Chosen by the operator; what callers name as their model. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  model_alias!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  display_name!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 63, example: 'openai', description: 'In any case.' })
  @IsProviderName()
  provider!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255, description: 'The name that the provider knows.' })
  @IsNaming()
  actual_model!: string;

  @ApiPropertyOptional({ type: [String], nullable: true, description: 'Access groups that the alias is put into.' })
  @IsOptional()
  @IsNamingList()
  access_groups?: string[] | null;

  @IsDescription()
  description?: string | null;

  @IsUsdPerMtok()
  pricing_input?: number | string | null;

  @IsUsdPerMtok()
  pricing_output?: number | string | null;
}

/** Body of `PUT /api/models/{alias}`: what is absent or null stays as it is. */
export class UpdateModelAliasRequest {
  @IsDisplayName()
  display_name?: string | null;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 63, nullable: true })
  @IsOptional()
  @IsProviderName()
  provider?: string | null;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  actual_model?: string | null;

  @ApiPropertyOptional({ type: [String], nullable: true, description: 'Instead of the access groups that it is in.' })
  @IsOptional()
  @IsNamingList()
  access_groups?: string[] | null;

  @IsDescription()
  description?: string | null;

  @IsUsdPerMtok()
  pricing_input?: number | string | null;

  @IsUsdPerMtok()
  pricing_output?: number | string | null;

  @IsCatalogueStatus()
  status?: 'active' | 'inactive' | null;

  @ApiPropertyOptional({
    type: [String],
    enum: CLEARABLE_FIELDS,
    nullable: true,
    description: 'Fields to empty, since null keeps them.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(CLEARABLE_FIELDS.length)
  @IsIn(CLEARABLE_FIELDS, { each: true })
  clear?: (typeof CLEARABLE_FIELDS)[number][] | null;
}

/** Which aliases to list; every filter that is given must fit. */
export class ModelAliasListQuery {
  @IsCatalogueStatus()
  status?: 'active' | 'inactive';

  @ApiPropertyOptional({ type: String, description: 'In any case.' })
  @IsOptional()
  @IsStorableText(255)
  provider?: string;

  @ApiPropertyOptional({ type: String, description: 'Only aliases in this access group.' })
  @IsOptional()
  @IsStorableText(255)
  access_group?: string;
}
