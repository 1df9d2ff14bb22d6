import { ApiProperty } from '@nestjs/swagger';

import { CATALOGUE_STATUSES } from '../catalogue-fields.js';

/** An alias in an access group on the wire. */
export class AccessGroupAliasResponse {
  @ApiProperty({ type: String })
  model_alias!: string;

  @ApiProperty({ type: String })
  display_name!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  actual_model!: string;
}

/** An access group on the wire. */
export class AccessGroupResponse {
  @ApiProperty({ type: String })
  group_name!: string;

  @ApiProperty({ type: String })
  display_name!: string;

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: String, enum: CATALOGUE_STATUSES })
  status!: 'active' | 'inactive';

  /** By name. */
  @ApiProperty({ type: [AccessGroupAliasResponse] })
  model_aliases!: AccessGroupAliasResponse[];

  @ApiProperty({ type: [String], nullable: true, description: 'Teams that have it; null: none.' })
  teams_using!: string[] | null;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
