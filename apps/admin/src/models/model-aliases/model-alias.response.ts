import { ApiProperty } from '@nestjs/swagger';

import { CATALOGUE_STATUSES } from '../catalogue-fields.js';

/** A model alias on the wire. */
export class ModelAliasResponse {
  @ApiProperty({ type: String })
  model_alias!: string;

  @ApiProperty({ type: String })
  display_name!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  actual_model!: string;

  /** Always null: kept for clients of earlier systems. */
  @ApiProperty({ type: String, nullable: true, description: 'Always null.' })
  litellm_model_id!: null;

  @ApiProperty({ type: [String], description: 'Access groups that it is in, by name.' })
  access_groups!: string[];

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'USD per million tokens; null: not set, 0: free.' })
  pricing_input!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'USD per million tokens; null: not set, 0: free.' })
  pricing_output!: number | null;

  @ApiProperty({ type: String, enum: CATALOGUE_STATUSES })
  status!: 'active' | 'inactive';

  @ApiProperty({
    type: [String],
    nullable: true,
    description: 'Teams that have an access group with it; null: none.',
  })
  teams_using!: string[] | null;

  /** UTC, ends in Z. */
  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
