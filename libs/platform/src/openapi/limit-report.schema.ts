import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LIMIT_ENTITIES } from '@penstock/domain';

/** One limit on the path of a call as refusals and explanations carry it; amounts are decimal integers in the unit. */
export class LimitReportSchema {
  @ApiProperty({ enum: LIMIT_ENTITIES })
  entity!: string;

  @ApiProperty({ type: String })
  entity_id!: string;

  @ApiProperty({ type: String })
  entity_name!: string;

  @ApiProperty({ type: String, description: 'Id of the budget or rate limit.' })
  limit_id!: string;

  @ApiProperty({
    enum: ['requests', 'tokens', 'input_tokens', 'output_tokens', 'concurrent_requests', 'nano_usd'],
  })
  unit!: string;

  @ApiProperty({ type: String, description: 'In force now: with raises and what was carried over.' })
  cap!: string;

  @ApiProperty({ type: String, description: 'Settled plus held by running calls.' })
  used!: string;

  @ApiPropertyOptional({ type: String, description: 'The part of `used` that running calls hold.' })
  held?: string;

  @ApiProperty({ type: String, description: 'What the call would take at most; 0 where there is no call.' })
  needed!: string;

  @ApiProperty({ type: String })
  remaining!: string;

  @ApiPropertyOptional({ type: String, description: 'Duration; absent for concurrent requests, as the next three.' })
  window?: string;

  @ApiPropertyOptional({ enum: ['rolling', 'sliding', 'calendar'] })
  window_kind?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time' })
  window_started_at?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time' })
  window_ends_at?: string;

  @ApiProperty({ enum: ['deny', 'clamp', 'fallback', 'shadow'] })
  on_exceed!: string;

  @ApiProperty({ type: Boolean })
  fits!: boolean;

  @ApiProperty({ type: Boolean, description: 'Has no room for the call, and is enforced.' })
  decides!: boolean;
}
