import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

import { IsPlainText, IsPositiveCents, IsTimestamp } from '../limits/field-decorators.js';

const REASON_LENGTH_MAX = 1_000;

/** Body of `POST /budgets/{id}/raises`. */
export class CreateRaiseRequest {
  @ApiProperty({
    type: 'number',
    minimum: 0.000_000_1,
    description: 'US cents that are added to the limit.',
  })
  @IsPositiveCents()
  amount!: number | bigint;

  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'The raise is over at this moment, to the millisecond.',
  })
  @IsTimestamp()
  ends_at!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    required: false,
    description: 'Absent, or a moment that has passed: now.',
  })
  @IsOptional()
  @IsTimestamp()
  starts_at?: string | null;

  @ApiProperty({ type: String, nullable: true, required: false, maxLength: REASON_LENGTH_MAX })
  @IsOptional()
  @IsPlainText({ lengthMax: REASON_LENGTH_MAX })
  reason?: string | null;
}
