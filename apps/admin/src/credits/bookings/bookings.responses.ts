import { ApiProperty } from '@nestjs/swagger';

import { CreditTransactionResponse } from '../credit-transaction.response.js';

/** Answer of `POST add`. */
export class CreditsAddedResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: 'integer' })
  credits_added!: number;

  @ApiProperty({ type: CreditTransactionResponse })
  transaction!: CreditTransactionResponse;
}

/** Answer of `POST replenish`. */
export class CreditsReplenishedResponse extends CreditsAddedResponse {
  /** Of what was ever allocated, not of the balance: that is in `transaction`. */
  @ApiProperty({ type: 'integer' })
  credits_before!: number;

  @ApiProperty({ type: 'integer' })
  credits_after!: number;

  @ApiProperty({ type: String, enum: ['subscription', 'one_time'] })
  payment_type!: string;

  @ApiProperty({ type: Number, nullable: true })
  payment_amount_usd!: number | null;
}

/** Answer of `POST refund`. */
export class CreditsRefundedResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  job_id!: string | null;

  @ApiProperty({ type: 'integer' })
  credits_refunded!: number;

  @ApiProperty({ type: CreditTransactionResponse })
  transaction!: CreditTransactionResponse;
}

/** Answer of `POST adjust`. */
export class CreditsAdjustedResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  /** Negative: they were taken back. */
  @ApiProperty({ type: 'integer' })
  credits_adjusted!: number;

  @ApiProperty({ type: CreditTransactionResponse })
  transaction!: CreditTransactionResponse;
}
