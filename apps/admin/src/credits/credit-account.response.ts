import { ApiProperty } from '@nestjs/swagger';
import { BUDGET_MODES, REFILL_PERIODS } from '@penstock/domain';

/** The credits of a team. */
export class CreditAccountResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String })
  organization_id!: string;

  /** Everything that came in, less what was taken back. */
  @ApiProperty({ type: 'integer' })
  credits_allocated!: number;

  /** Everything that calls and jobs used. */
  @ApiProperty({ type: 'integer' })
  credits_used!: number;

  /** Allocated less used; below zero in an overdraft. */
  @ApiProperty({ type: 'integer' })
  credits_remaining!: number;

  /** What running calls and jobs have taken, and calls that are over and not booked yet. Null: Redis is away. */
  @ApiProperty({ type: 'integer', nullable: true })
  credits_held!: number | null;

  /** What the next call can use: remaining and overdraft, less held. Null: Redis is away. */
  @ApiProperty({ type: 'integer', nullable: true })
  credits_available!: number | null;

  /** How far below zero the balance may go. */
  @ApiProperty({ type: 'integer' })
  overdraft_credits!: number;

  /** A balance below this raises an alert; null: none does. */
  @ApiProperty({ type: 'integer', nullable: true })
  low_balance_threshold_credits!: number | null;

  /** Always null: what limits credits is their number. */
  @ApiProperty({ type: 'integer', nullable: true })
  credit_limit!: null;

  @ApiProperty({ type: Boolean })
  auto_refill!: boolean;

  @ApiProperty({ type: 'integer', nullable: true })
  refill_amount!: number | null;

  @ApiProperty({ type: String, enum: REFILL_PERIODS, nullable: true })
  refill_period!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  last_refill_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  next_refill_at!: string | null;

  @ApiProperty({ type: String, enum: BUDGET_MODES })
  budget_mode!: string;

  @ApiProperty({ type: Number, description: 'At most two decimals.' })
  credits_per_dollar!: number;

  @ApiProperty({ type: 'integer' })
  tokens_per_credit!: number;

  @ApiProperty({ type: Number, description: 'Markup of the organization on every model without a price of its own.' })
  cost_markup_percentage!: number;

  /** Of the team. */
  @ApiProperty({ type: String, enum: ['active', 'suspended', 'paused'] })
  status!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}
