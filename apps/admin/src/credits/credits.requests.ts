import { ApiProperty } from '@nestjs/swagger';
import { CREDIT_TRANSFER_TYPES, type CreditTransferType } from '@penstock/domain';
import { IsIn, IsOptional, IsUUID, Matches } from 'class-validator';

import { CREDITS_MAX, IsCredits } from './credit-fields.js';

const PAGE_MAX = 1_000;
const OFFSET_MAX = 1_000_000;

/** Which bookings to list, newest first. */
export class CreditTransactionsQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: PAGE_MAX, default: 50 })
  @IsOptional()
  @IsCredits({ min: 1, max: PAGE_MAX })
  limit?: number;

  /** How many to leave out; slow when large: `cursor` is not. */
  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: OFFSET_MAX })
  @IsOptional()
  @IsCredits({ min: 0, max: OFFSET_MAX })
  offset?: number;

  /** `next_cursor` of the page before. */
  @ApiProperty({ type: String, required: false, pattern: '^\\d{1,18}$' })
  @IsOptional()
  @Matches(/^\d{1,18}$/, { message: 'cursor must be a next_cursor of this list' })
  cursor?: string;

  @ApiProperty({ type: String, enum: CREDIT_TRANSFER_TYPES, required: false })
  @IsOptional()
  @IsIn(CREDIT_TRANSFER_TYPES)
  transaction_type?: CreditTransferType;

  @ApiProperty({ type: String, format: 'uuid', required: false })
  @IsOptional()
  @IsUUID()
  job_id?: string;

  /** `csv`: all of them in one file; limit, offset and cursor are not looked at. */
  @ApiProperty({ type: String, enum: ['json', 'csv'], required: false, default: 'json' })
  @IsOptional()
  @IsIn(['json', 'csv'])
  format?: 'json' | 'csv';
}

/** How many credits are needed; in the address, as the contract has it. */
export class CreditCheckQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: CREDITS_MAX, default: 1 })
  @IsOptional()
  @IsCredits()
  credits_needed?: number;
}

/** Which grants to list, in the order in which they are used. */
export class CreditGrantsQuery {
  @ApiProperty({ type: 'integer', required: false, minimum: 1, maximum: PAGE_MAX, default: 100 })
  @IsOptional()
  @IsCredits({ min: 1, max: PAGE_MAX })
  limit?: number;

  @ApiProperty({ type: 'integer', required: false, minimum: 0, maximum: OFFSET_MAX })
  @IsOptional()
  @IsCredits({ min: 0, max: OFFSET_MAX })
  offset?: number;

  /** `true`: also those of which nothing is left. */
  @ApiProperty({ type: String, enum: ['true', 'false'], required: false, default: 'false' })
  @IsOptional()
  @IsIn(['true', 'false'])
  include_spent?: 'true' | 'false';
}
