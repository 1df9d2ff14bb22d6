import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, IsString, IsUUID } from 'class-validator';

import {
  CREDITS_MAX,
  GrantFields,
  IsBookingKey,
  IsCredits,
  IsReason,
  KEY_LENGTH_MAX,
  REASON_LENGTH_MAX,
  ReasonedGrantFields,
} from '../credit-fields.js';
import { IsDecimal } from '../../http/is-decimal.decorator.js';

/** Dollars of one payment. */
const PAYMENT_USD_MAX = 1_000_000_000;

/** Body of `POST add`. */
export class AddCreditsRequest extends ReasonedGrantFields {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: CREDITS_MAX })
  @IsCredits()
  credits!: number;
}

/** Body of `POST replenish`. What is not positive is 400, as the contract has it. */
export class ReplenishCreditsRequest extends ReasonedGrantFields {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: CREDITS_MAX })
  @IsCredits({ min: -CREDITS_MAX })
  credits!: number;

  @ApiProperty({ type: String, description: '`subscription` or `one_time`.' })
  @IsString()
  payment_type!: string;

  /** What was paid, at most nine decimals. */
  @ApiProperty({ type: Number, required: false, nullable: true, minimum: 0, maximum: PAYMENT_USD_MAX })
  @IsOptional()
  @IsDecimal({ max: PAYMENT_USD_MAX, decimals: 9 })
  payment_amount_usd?: number | string | null;

  /** Of the payment, with the one who took it: a payment is booked once, under whatever idempotency key it comes. */
  @ApiProperty({ type: String, required: false, nullable: true, minLength: 1, maxLength: KEY_LENGTH_MAX })
  @IsOptional()
  @IsBookingKey()
  payment_reference?: string | null;
}

/** Body of `POST refund`: of a job, or of a number of credits, or of a part of a job. */
export class RefundCreditsRequest extends ReasonedGrantFields {
  @ApiProperty({ type: String, format: 'uuid', required: false, nullable: true })
  @IsOptional()
  @IsUUID()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value))
  job_id?: string | null;

  /** Absent: everything that the job was charged and that was not refunded yet. */
  @ApiProperty({ type: 'integer', required: false, nullable: true, minimum: 1, maximum: CREDITS_MAX })
  @IsOptional()
  @IsCredits()
  credits?: number | null;
}

/** Body of `POST adjust`. */
export class AdjustCreditsRequest extends GrantFields {
  /** Negative: they are taken back. Not zero. */
  @ApiProperty({ type: 'integer', minimum: -CREDITS_MAX, maximum: CREDITS_MAX })
  @IsCredits({ min: -CREDITS_MAX })
  credits!: number;

  @ApiProperty({ type: String, minLength: 1, maxLength: REASON_LENGTH_MAX })
  @IsReason()
  reason!: string;
}
