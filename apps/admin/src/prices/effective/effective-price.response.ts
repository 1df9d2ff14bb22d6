import { ApiProperty } from '@nestjs/swagger';
import type { ExactJsonNumber } from '@penstock/platform';

import { PriceResponse } from '../price.response.js';

/** What a client pays for a model at a moment, and which versions say so. */
export class EffectivePriceResponse {
  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  at!: string;

  /** What the provider bills: budgets count this. */
  @ApiProperty({ type: PriceResponse })
  provider_price!: PriceResponse;

  /** What the client pays before markup and discount. */
  @ApiProperty({ type: PriceResponse })
  base_price!: PriceResponse;

  @ApiProperty({ type: Number })
  markup_percent!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  discount_percent!: ExactJsonNumber;

  /** What a call's cost at the base price is multiplied with, exactly, before it is rounded once. */
  @ApiProperty({ type: Number, example: 1.08 })
  factor!: ExactJsonNumber;

  /** How rows of usage would name it; null: the client pays what the provider bills. */
  @ApiProperty({ type: String, nullable: true })
  client_price_id!: string | null;
}
