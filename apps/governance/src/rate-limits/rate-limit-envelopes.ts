import { ApiProperty } from '@nestjs/swagger';

import { OwnedRateLimitResponse } from '../limits/answers/limit-responses.js';

/** Answer with one rate limit. */
export class RateLimitEnvelope {
  @ApiProperty({ type: OwnedRateLimitResponse })
  rate_limit!: OwnedRateLimitResponse;
}

/** Answer to a change of a rate limit. */
export class ChangedRateLimitEnvelope extends RateLimitEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of rate limits. */
export class RateLimitListEnvelope {
  @ApiProperty({ type: [OwnedRateLimitResponse] })
  rate_limits!: OwnedRateLimitResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}
