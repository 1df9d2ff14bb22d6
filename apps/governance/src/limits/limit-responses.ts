import { ApiProperty } from '@nestjs/swagger';

import type { ExactJsonNumber } from './json-number.js';

/** A budget and what of it is used up now. */
export class BudgetResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'number', description: 'US cents per window.' })
  max_limit!: ExactJsonNumber;

  @ApiProperty({ type: String, example: '1M' })
  reset_duration!: string;

  @ApiProperty({ type: 'number', description: 'US cents settled and held in the current window.' })
  current_usage!: number;

  @ApiProperty({ type: String, format: 'date-time', description: 'Start of the current window.' })
  last_reset!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** A budget with its owner; one of the three ids is there. */
export class OwnedBudgetResponse extends BudgetResponse {
  @ApiProperty({ type: String, format: 'uuid', required: false })
  virtual_key_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;
}

/** A rate limit and what of it is used up now; limits that are not set are absent. */
export class RateLimitResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'integer', required: false })
  token_max_limit?: ExactJsonNumber;

  @ApiProperty({ type: String, required: false, example: '1h' })
  token_reset_duration?: string;

  @ApiProperty({ type: 'integer' })
  token_current_usage!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  token_last_reset!: string;

  @ApiProperty({ type: 'integer', required: false })
  request_max_limit?: ExactJsonNumber;

  @ApiProperty({ type: String, required: false, example: '1m' })
  request_reset_duration?: string;

  @ApiProperty({ type: 'integer' })
  request_current_usage!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  request_last_reset!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** A rate limit with its owner; one of the three ids is there. */
export class OwnedRateLimitResponse extends RateLimitResponse {
  @ApiProperty({ type: String, format: 'uuid', required: false })
  virtual_key_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;
}
