import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsObject, IsOptional, ValidateNested } from 'class-validator';

import { IsNaming } from '../../http/is-storable.decorator.js';
import { IsWholeNumber } from '../../http/is-whole-number.decorator.js';
import { CATALOGUE_STATUSES, IsCatalogueStatus, IsDescription, IsDisplayName } from '../catalogue-fields.js';

/** Models of a group; a call tries only a few of them anyway. */
export const GROUP_MODELS_MAX = 100;

const PRIORITY_MIN = -(2 ** 31);
const PRIORITY_MAX = 2 ** 31 - 1;

/** One model of a group. */
export class GroupModelRequest {
  /** `provider/model`, or the bare name of a model whose provider the price catalogue knows. Each once in a group. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255, example: 'openai/gpt-4o' })
  @IsNaming()
  model_name!: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: PRIORITY_MIN,
    maximum: PRIORITY_MAX,
    nullable: true,
    description: 'Lower is tried earlier; 0 when absent. Of equals the one that stands first.',
  })
  @IsOptional()
  @IsWholeNumber({ min: PRIORITY_MIN, max: PRIORITY_MAX })
  priority?: number | null;

  @ApiPropertyOptional({ type: Boolean, nullable: true, description: 'False: stays in the group, is not called.' })
  @IsOptional()
  @IsBoolean()
  is_active?: boolean | null;
}

/** Body of `POST /api/model-groups/create`. */
export class CreateModelGroupRequest {
  /** Chosen by the operator; what callers name as their model. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  group_name!: string;

  /** The group's name when absent. */
  @IsDisplayName()
  display_name?: string | null;

  @IsDescription()
  description?: string | null;

  @ApiProperty({ type: [GroupModelRequest], maxItems: GROUP_MODELS_MAX, description: 'May be empty.' })
  @IsArray()
  @ArrayMaxSize(GROUP_MODELS_MAX)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => GroupModelRequest)
  models!: GroupModelRequest[];
}

/** Body of `PUT /api/model-groups/{name}`: what is absent or null stays as it is. */
export class UpdateModelGroupRequest {
  @IsDisplayName()
  display_name?: string | null;

  @IsDescription()
  description?: string | null;

  @IsCatalogueStatus()
  status?: 'active' | 'inactive' | null;
}

/** Which model groups to list. */
export class ModelGroupListQuery {
  @ApiPropertyOptional({ type: String, enum: [...CATALOGUE_STATUSES, 'all'], description: 'active when absent.' })
  @IsOptional()
  @IsIn([...CATALOGUE_STATUSES, 'all'])
  status?: 'active' | 'inactive' | 'all';
}

/** For whom to resolve a model group. */
export class ResolveModelGroupQuery {
  /** The team of the virtual key. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  team_id!: string;
}
