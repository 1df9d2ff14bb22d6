import { ApiProperty } from '@nestjs/swagger';
import type { OnExceed } from '@penstock/domain';
import type { WindowType } from '@penstock/entities';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';

import { IsCents, IsCount, IsDuration, IsPercentList, IsPlainText } from './field-decorators.js';

const ON_EXCEED = ['deny', 'clamp', 'fallback', 'shadow'] as const;
const MODEL_LENGTH_MAX = 255;

/** What happens to a call that a limit has no room for. */
class OnExceedFields {
  @ApiProperty({
    enum: ON_EXCEED,
    nullable: true,
    required: false,
    default: 'deny',
    description: 'deny; clamp: lower max_tokens; fallback: call fallback_model instead; shadow: only count and report.',
  })
  @IsOptional()
  @IsIn(ON_EXCEED, { message: `on_exceed must be one of ${ON_EXCEED.join(', ')}` })
  on_exceed?: OnExceed | null;

  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    maxLength: MODEL_LENGTH_MAX,
    example: 'openai/gpt-4o-mini',
    description: 'With on_exceed fallback: the model that is called instead.',
  })
  @IsOptional()
  @IsPlainText({ lengthMax: MODEL_LENGTH_MAX })
  fallback_model?: string | null;
}

/** A budget as requests name it. Creating one takes limit and duration, changing one takes any. */
export class BudgetRequest extends OnExceedFields {
  @ApiProperty({ type: 'number', nullable: true, required: false, minimum: 0, description: 'US cents per window.' })
  @IsOptional()
  @IsCents()
  max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1M', description: 'Length of a window.' })
  @IsOptional()
  @IsDuration()
  reset_duration?: string | null;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    required: false,
    default: false,
    description: 'Windows follow the calendar of the tenant: days, weeks from Monday, months, quarters (3M), years.',
  })
  @IsOptional()
  @IsBoolean()
  calendar_aligned?: boolean | null;

  @ApiProperty({
    type: 'array',
    items: { type: 'integer', minimum: 1, maximum: 100 },
    nullable: true,
    required: false,
    example: [50, 80, 95],
    description: 'Percents of the limit, 1 to 100, each announced once per window.',
  })
  @IsOptional()
  @IsPercentList()
  thresholds?: number[] | null;

  @ApiProperty({
    type: 'number',
    nullable: true,
    required: false,
    minimum: 0,
    description: 'Most US cents of the unused part of a window that the next one gets. 0: none.',
  })
  @IsOptional()
  @IsCents()
  rollover_max?: number | bigint | null;
}

/** A budget in a list of budgets. */
export class BudgetListEntryRequest extends BudgetRequest {
  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    required: false,
    description: 'An existing budget. Without it the one with this window is meant, if there is one.',
  })
  @IsOptional()
  @IsString()
  id?: string | null;
}

/** A rate limit as requests name it: limits, each with its duration, and how many requests may run at once. */
export class RateLimitRequest extends OnExceedFields {
  @ApiProperty({ type: 'integer', nullable: true, required: false, minimum: 0, description: 'Tokens per window.' })
  @IsOptional()
  @IsCount()
  token_max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1h' })
  @IsOptional()
  @IsDuration()
  token_reset_duration?: string | null;

  @ApiProperty({ type: 'integer', nullable: true, required: false, minimum: 0, description: 'Requests per window.' })
  @IsOptional()
  @IsCount()
  request_max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1m' })
  @IsOptional()
  @IsDuration()
  request_reset_duration?: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    required: false,
    minimum: 0,
    description: 'Input tokens per window.',
  })
  @IsOptional()
  @IsCount()
  input_token_max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1h' })
  @IsOptional()
  @IsDuration()
  input_token_reset_duration?: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    required: false,
    minimum: 0,
    description: 'Output tokens per window.',
  })
  @IsOptional()
  @IsCount()
  output_token_max_limit?: number | bigint | null;

  @ApiProperty({ type: String, nullable: true, required: false, example: '1h' })
  @IsOptional()
  @IsDuration()
  output_token_reset_duration?: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    required: false,
    minimum: 0,
    description: 'Requests that may run at once.',
  })
  @IsOptional()
  @IsCount()
  concurrent_max_limit?: number | bigint | null;

  @ApiProperty({
    enum: ['fixed', 'sliding'],
    nullable: true,
    required: false,
    default: 'fixed',
    description: 'Windows side by side, or always the last stretch of time. A change starts counting anew.',
  })
  @IsOptional()
  @IsIn(['fixed', 'sliding'], { message: 'window_type must be fixed or sliding' })
  window_type?: WindowType | null;
}

/** The limits in a request about who carries them. */
export class LimitFields {
  @ApiProperty({
    type: BudgetRequest,
    nullable: true,
    required: false,
    description: 'The only budget, or the oldest of several. Not together with budgets.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BudgetRequest)
  budget?: BudgetRequest | null;

  @ApiProperty({
    type: [BudgetListEntryRequest],
    nullable: true,
    required: false,
    description: 'All budgets: one that is not in the list is removed. At most 16.',
  })
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => BudgetListEntryRequest)
  budgets?: BudgetListEntryRequest[] | null;

  @ApiProperty({ type: RateLimitRequest, nullable: true, required: false })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RateLimitRequest)
  rate_limit?: RateLimitRequest | null;
}
