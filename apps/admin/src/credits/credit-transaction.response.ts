import { ApiProperty } from '@nestjs/swagger';
import { CREDIT_TRANSFER_TYPES } from '@penstock/domain';

/** One booking. */
export class CreditTransactionResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  transaction_id!: string;

  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  job_id!: string | null;

  @ApiProperty({ type: String, enum: CREDIT_TRANSFER_TYPES })
  transaction_type!: string;

  /** How many credits moved, whatever the direction. */
  @ApiProperty({ type: 'integer' })
  credits_amount!: number;

  @ApiProperty({ type: String, enum: ['in', 'out'] })
  direction!: string;

  /** The balance. */
  @ApiProperty({ type: 'integer' })
  credits_before!: number;

  @ApiProperty({ type: 'integer' })
  credits_after!: number;

  @ApiProperty({ type: String, nullable: true })
  reason!: string | null;

  /** Of a deduction: how many calls without a job it stands for. */
  @ApiProperty({ type: 'integer', nullable: true })
  calls!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'What was paid for the credits.' })
  payment_amount_usd!: number | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A page of bookings, newest first. */
export class CreditTransactionListResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  /** Rows of this answer. */
  @ApiProperty({ type: 'integer' })
  total!: number;

  @ApiProperty({ type: [CreditTransactionResponse] })
  transactions!: CreditTransactionResponse[];

  /** Gives the next page as `cursor`; null: there is none. */
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

/** Credits that came in together. */
export class CreditGrantResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  grant_id!: string;

  /** The booking that brought them in. */
  @ApiProperty({ type: String, format: 'uuid' })
  transaction_id!: string;

  /** Lower numbers are used first. */
  @ApiProperty({ type: 'integer' })
  priority!: number;

  @ApiProperty({ type: 'integer' })
  credits!: number;

  @ApiProperty({ type: 'integer' })
  credits_burned!: number;

  @ApiProperty({ type: 'integer', description: 'Expired or taken back.' })
  credits_withdrawn!: number;

  @ApiProperty({ type: 'integer' })
  credits_remaining!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;
}

/** A page of grants in the order in which they are used. */
export class CreditGrantListResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  /** Rows of this answer. */
  @ApiProperty({ type: 'integer' })
  total!: number;

  @ApiProperty({ type: [CreditGrantResponse] })
  grants!: CreditGrantResponse[];
}

/** Whether there are enough credits. */
export class CreditCheckResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: Boolean })
  has_credits!: boolean;

  @ApiProperty({ type: 'integer' })
  credits_needed!: number;

  @ApiProperty({ type: 'integer' })
  credits_remaining!: number;

  /** What decides: remaining and overdraft, less held; without what is held while Redis is away. */
  @ApiProperty({ type: 'integer' })
  credits_available!: number;

  @ApiProperty({ type: String, required: false, description: 'Why not.' })
  error?: string;
}
