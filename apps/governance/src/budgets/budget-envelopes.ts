import { ApiProperty } from '@nestjs/swagger';

import { OwnedBudgetResponse } from '../limits/answers/limit-responses.js';

/** Answer with one budget. */
export class BudgetEnvelope {
  @ApiProperty({ type: OwnedBudgetResponse })
  budget!: OwnedBudgetResponse;
}

/** Answer to a change of a budget. */
export class ChangedBudgetEnvelope extends BudgetEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of budgets. */
export class BudgetListEnvelope {
  @ApiProperty({ type: [OwnedBudgetResponse] })
  budgets!: OwnedBudgetResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}
