import { ApiProperty } from '@nestjs/swagger';

import { RaiseResponse } from '../limits/answers/limit-responses.js';

/** Answer to a new raise. */
export class CreatedRaiseEnvelope {
  @ApiProperty({ type: RaiseResponse })
  raise!: RaiseResponse;

  @ApiProperty({ type: String })
  message!: string;
}

/** All raises of a budget, in the order in which they begin. */
export class RaiseListEnvelope {
  @ApiProperty({ type: [RaiseResponse] })
  raises!: RaiseResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}
