import { ApiProperty, IntersectionType, OmitType } from '@nestjs/swagger';

import { LimitsResponse } from '../limits/answers/limit-responses.js';
import { TeamSummary } from '../teams/team.response.js';
import { CustomerSummary } from './customer.response.js';

/** A customer. */
export class CustomerResponse extends IntersectionType(OmitType(CustomerSummary, ['teams'] as const), LimitsResponse) {
  @ApiProperty({ type: [TeamSummary] })
  teams!: TeamSummary[];
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
