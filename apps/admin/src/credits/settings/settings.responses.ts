import { ApiProperty } from '@nestjs/swagger';
import { BUDGET_MODES, REFILL_PERIODS } from '@penstock/domain';

/** Whether a rate is the one that teams have who were given none. */
export class UsingDefaultsResponse {
  @ApiProperty({ type: Boolean })
  tokens_per_credit!: boolean;

  @ApiProperty({ type: Boolean })
  credits_per_dollar!: boolean;
}

/** What credits are worth. */
export class ConversionRatesResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: 'integer' })
  tokens_per_credit!: number;

  @ApiProperty({ type: Number })
  credits_per_dollar!: number;

  @ApiProperty({ type: String, enum: BUDGET_MODES })
  budget_mode!: string;

  @ApiProperty({ type: UsingDefaultsResponse })
  using_defaults!: UsingDefaultsResponse;
}

/** Answer of `PATCH budget-mode`. */
export class BudgetModeResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String, enum: BUDGET_MODES })
  budget_mode!: string;

  @ApiProperty({ type: Number })
  credits_per_dollar!: number;

  @ApiProperty({ type: 'integer' })
  tokens_per_credit!: number;

  @ApiProperty({ type: String })
  message!: string;
}

/** Answer of `POST configure-auto-refill`. */
export class AutoRefillResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: Boolean })
  auto_refill_enabled!: boolean;

  @ApiProperty({ type: 'integer', nullable: true })
  refill_amount!: number | null;

  @ApiProperty({ type: String, enum: REFILL_PERIODS, nullable: true })
  refill_period!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_refill_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_refill_at!: string | null;

  @ApiProperty({ type: String })
  message!: string;
}
