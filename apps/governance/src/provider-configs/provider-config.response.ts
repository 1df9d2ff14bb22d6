import { ApiProperty } from '@nestjs/swagger';

import { BudgetResponse, RateLimitResponse } from '../limits/limit-responses.js';

/** A provider that a key may use, with what it may use of it. */
export class ProviderConfigResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: 'number' })
  weight!: number;

  @ApiProperty({ type: [String], nullable: true, description: 'Null when never set. Null and empty: every model.' })
  allowed_models!: string[] | null;

  @ApiProperty({ type: BudgetResponse, required: false })
  budget?: BudgetResponse;

  @ApiProperty({ type: [BudgetResponse], required: false })
  budgets?: BudgetResponse[];

  @ApiProperty({ type: RateLimitResponse, required: false })
  rate_limit?: RateLimitResponse;
}
