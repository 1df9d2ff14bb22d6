import { ApiProperty, OmitType } from '@nestjs/swagger';

import { BudgetResponse, RateLimitResponse } from '../limits/limit-responses.js';
import { TeamSummary } from '../teams/team.response.js';
import { CustomerSummary } from './customer.response.js';

/** A customer. */
export class CustomerResponse extends OmitType(CustomerSummary, ['teams'] as const) {
  @ApiProperty({ type: [TeamSummary] })
  teams!: TeamSummary[];

  @ApiProperty({ type: BudgetResponse, required: false })
  budget?: BudgetResponse;

  @ApiProperty({
    type: [BudgetResponse],
    required: false,
    description: 'Where there are several; `budget` is the oldest.',
  })
  budgets?: BudgetResponse[];

  @ApiProperty({ type: RateLimitResponse, required: false })
  rate_limit?: RateLimitResponse;
}

/** Answer with one customer. */
export class CustomerEnvelope {
  @ApiProperty({ type: CustomerResponse })
  customer!: CustomerResponse;
}

/** Answer to a change of a customer. */
export class ChangedCustomerEnvelope extends CustomerEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of customers. */
export class CustomerListEnvelope {
  @ApiProperty({ type: [CustomerResponse] })
  customers!: CustomerResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}
