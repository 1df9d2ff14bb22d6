import { ApiProperty } from '@nestjs/swagger';
import { BUDGET_MODES, REFILL_PERIODS } from '@penstock/domain';
import { Transform } from 'class-transformer';
import { IsBoolean, IsNumber, IsOptional, IsString } from 'class-validator';

import { CREDITS_MAX, IsCredits } from '../credit-fields.js';

/** Tokens of one credit, and credits of one dollar: far beyond what makes sense, within what the books can hold. */
const RATE_MAX = 1_000_000_000;

/** Rates of which null and absent change nothing; one that is not positive is 400, as the contract has it. */
export class RatesRequest {
  @ApiProperty({ type: 'integer', required: false, nullable: true, minimum: 1, maximum: RATE_MAX })
  @IsOptional()
  @IsCredits({ min: -RATE_MAX, max: RATE_MAX })
  tokens_per_credit?: number | null;

  /** Rounded to two decimals. */
  @ApiProperty({ type: Number, required: false, nullable: true, minimum: 0.01, maximum: RATE_MAX })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => numberFromText(value))
  @IsNumber()
  credits_per_dollar?: number | null;
}

/** Body of `PATCH budget-mode`. */
export class BudgetModeRequest extends RatesRequest {
  @ApiProperty({ type: String, description: `One of ${BUDGET_MODES.join(', ')}.` })
  @IsString()
  budget_mode!: string;
}

/** Body of `POST configure-auto-refill`. What is missing to enable it is 400, as the contract has it. */
export class AutoRefillRequest {
  @ApiProperty({ type: Boolean })
  @IsBoolean()
  enabled!: boolean;

  @ApiProperty({ type: 'integer', required: false, nullable: true, minimum: 1, maximum: CREDITS_MAX })
  @IsOptional()
  @IsCredits({ min: -CREDITS_MAX })
  refill_amount?: number | null;

  @ApiProperty({ type: String, required: false, nullable: true, description: `One of ${REFILL_PERIODS.join(', ')}.` })
  @IsOptional()
  @IsString()
  refill_period?: string | null;
}

/** Body of `PATCH settings`: what is absent stays as it is. */
export class CreditSettingsRequest {
  /** How far below zero the balance may go. */
  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: CREDITS_MAX })
  @IsOptional()
  @IsCredits({ min: 0 })
  overdraft_credits?: number | null;

  /** A balance below this raises an alert; null: none does. */
  @ApiProperty({ type: 'integer', required: false, nullable: true, minimum: 0, maximum: CREDITS_MAX })
  @IsOptional()
  @IsCredits({ min: 0 })
  low_balance_threshold_credits?: number | null;
}

/** "2.5" counts as 2.5. */
function numberFromText(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,12}(\.\d{1,12})?$/.test(value) ? Number(value) : value;
}
