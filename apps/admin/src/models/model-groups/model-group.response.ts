import { ApiProperty } from '@nestjs/swagger';

import { CATALOGUE_STATUSES } from '../catalogue-fields.js';

/** A model of a group on the wire. */
export class ModelGroupModelResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  model_group_id!: string;

  @ApiProperty({ type: String })
  model_name!: string;

  @ApiProperty({ type: 'integer', description: 'Lower is tried earlier.' })
  priority!: number;

  @ApiProperty({ type: Boolean })
  is_active!: boolean;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A model group on the wire. */
export class ModelGroupResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  model_group_id!: string;

  @ApiProperty({ type: String })
  group_name!: string;

  @ApiProperty({ type: String })
  display_name!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: String, enum: CATALOGUE_STATUSES })
  status!: 'active' | 'inactive';

  /** In the order in which they are tried. */
  @ApiProperty({ type: [ModelGroupModelResponse] })
  models!: ModelGroupModelResponse[];
}

/** Answer to a replacement of the models of a group. */
export class ModelGroupModelsResponse {
  @ApiProperty({ type: String })
  group_name!: string;

  @ApiProperty({ type: [ModelGroupModelResponse] })
  models!: ModelGroupModelResponse[];
}

/** Where a model group leads for a team. */
export class ResolvedModelGroupResponse {
  @ApiProperty({ type: String })
  group_name!: string;

  @ApiProperty({ type: String, nullable: true, description: 'Tried first; null without access.' })
  primary_model!: string | null;

  @ApiProperty({ type: [String], description: 'Tried then, in this order.' })
  fallback_models!: readonly string[];

  @ApiProperty({ type: Boolean })
  team_has_access!: boolean;

  @ApiProperty({ type: String, required: false, description: 'Why there is no access.' })
  error?: string;
}
