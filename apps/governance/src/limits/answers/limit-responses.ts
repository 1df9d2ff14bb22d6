import { ApiProperty } from '@nestjs/swagger';
import type { OnExceed } from '@penstock/domain';
import type { ExactJsonNumber } from '@penstock/platform';

const ON_EXCEED = ['deny', 'clamp', 'fallback', 'shadow'] as const;

/** A temporary raise of a budget. */
export class RaiseResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: 'number', description: 'US cents that are added to the limit.' })
  amount!: ExactJsonNumber;

  @ApiProperty({ type: String, format: 'date-time' })
  starts_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  ends_at!: string;

  @ApiProperty({ type: String, required: false })
  reason?: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

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

  @ApiProperty({
    type: String,
    format: 'date-time',
    required: false,
    description: 'The next window begins here. On owners only of calendar aligned budgets.',
  })
  window_ends_at?: string;

  @ApiProperty({ type: String, required: false, description: 'Of a shared budget.' })
  name?: string;

  @ApiProperty({ type: Boolean, required: false, description: 'Windows follow the calendar of the tenant.' })
  calendar_aligned?: boolean;

  @ApiProperty({ enum: ON_EXCEED, required: false, description: 'What happens to a call that does not fit.' })
  on_exceed?: OnExceed;

  @ApiProperty({ type: String, required: false, example: 'openai/gpt-4o-mini' })
  fallback_model?: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer' },
    required: false,
    description: 'Percents whose crossing is announced.',
  })
  thresholds?: number[];

  @ApiProperty({ type: 'number', required: false, description: 'Most US cents of a window that the next one gets.' })
  rollover_max?: ExactJsonNumber;

  @ApiProperty({ type: [RaiseResponse], required: false, description: 'Raises that have not ended.' })
  raises?: RaiseResponse[];

  @ApiProperty({
    type: 'number',
    required: false,
    description: 'US cents in force now with raises and rollover, where that is not max_limit.',
  })
  effective_limit?: number;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** A budget with its owner; one of the ids is there. */
export class OwnedBudgetResponse extends BudgetResponse {
  @ApiProperty({
    type: String,
    format: 'date-time',
    required: false,
    description: 'When the budget is used up at the pace of this window, if that is before the window ends.',
  })
  forecast_exhausts_at?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  virtual_key_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  provider_config_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  model_config_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false, description: 'Tenant of a shared budget.' })
  tenant_id?: string;

  @ApiProperty({ type: [String], required: false, description: 'Keys that are attached to a shared budget.' })
  virtual_key_ids?: string[];

  @ApiProperty({ type: [String], required: false, description: 'Teams all of whose keys spend from a shared budget.' })
  team_ids?: string[];
}

/** A shared budget from which a key or team spends. */
export class SharedBudgetName {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  name!: string;
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

  @ApiProperty({ type: 'integer', required: false })
  input_token_max_limit?: ExactJsonNumber;

  @ApiProperty({ type: String, required: false, example: '1h' })
  input_token_reset_duration?: string;

  @ApiProperty({ type: 'integer', required: false })
  input_token_current_usage?: number;

  @ApiProperty({ type: String, format: 'date-time', required: false })
  input_token_last_reset?: string;

  @ApiProperty({ type: 'integer', required: false })
  output_token_max_limit?: ExactJsonNumber;

  @ApiProperty({ type: String, required: false, example: '1h' })
  output_token_reset_duration?: string;

  @ApiProperty({ type: 'integer', required: false })
  output_token_current_usage?: number;

  @ApiProperty({ type: String, format: 'date-time', required: false })
  output_token_last_reset?: string;

  @ApiProperty({ type: 'integer', required: false, description: 'Requests that may run at once.' })
  concurrent_max_limit?: ExactJsonNumber;

  @ApiProperty({ type: 'integer', required: false, description: 'Requests that run now.' })
  concurrent_current_usage?: number;

  @ApiProperty({ enum: ['fixed', 'sliding'], required: false })
  window_type?: 'fixed' | 'sliding';

  @ApiProperty({ enum: ON_EXCEED, required: false, description: 'What happens to a call that does not fit.' })
  on_exceed?: OnExceed;

  @ApiProperty({ type: String, required: false, example: 'openai/gpt-4o-mini' })
  fallback_model?: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** A rate limit with its owner; one of the ids is there. */
export class OwnedRateLimitResponse extends RateLimitResponse {
  @ApiProperty({ type: String, format: 'uuid', required: false })
  virtual_key_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  team_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  customer_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  provider_config_id?: string;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  model_config_id?: string;
}

/** The limits of who carries them; absent where there are none. */
export class LimitsResponse {
  @ApiProperty({ type: BudgetResponse, required: false })
  budget?: BudgetResponse;

  @ApiProperty({
    type: [BudgetResponse],
    required: false,
    description: 'Where there are several; `budget` is the oldest.',
  })
  budgets?: BudgetResponse[];

  @ApiProperty({ type: RateLimitResponse, required: false })
  rate_limit?: RateLimitResponse;
}
