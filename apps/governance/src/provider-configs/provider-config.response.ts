import { ApiProperty } from '@nestjs/swagger';

import { LimitsResponse } from '../limits/answers/limit-responses.js';

/** A provider that a key may use, with what it may use of it. */
export class ProviderConfigResponse extends LimitsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: 'number' })
  weight!: number;

  @ApiProperty({ type: [String], nullable: true, description: 'Null when never set. Null and empty: every model.' })
  allowed_models!: string[] | null;
}
