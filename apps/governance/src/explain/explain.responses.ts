import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LIMIT_ENTITIES } from '@penstock/domain';

/** Where a call goes. */
export class ExplainedTarget {
  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  model!: string;
}

/** What a call takes at most. */
export class ExplainedEstimate {
  @ApiProperty({ type: 'integer' })
  input_tokens!: number;

  @ApiProperty({ type: 'integer' })
  output_tokens!: number;

  @ApiProperty({ type: String, description: 'US dollars, decimal.', example: '0.000632000' })
  cost_usd!: string;

  @ApiProperty({ type: Boolean, description: 'False when no price is known: the cost is then stated as 0.' })
  is_priced!: boolean;
}

/** One limit on the path of the call, as refusals carry it; amounts are decimal integers in the unit. */
export class ExplainedLimit {
  @ApiProperty({ enum: LIMIT_ENTITIES })
  entity!: string;

  @ApiProperty({ type: String })
  entity_id!: string;

  @ApiProperty({ type: String })
  entity_name!: string;

  @ApiProperty({ type: String, format: 'uuid', description: 'Id of the budget or rate limit.' })
  limit_id!: string;

  @ApiProperty({ enum: ['requests', 'tokens', 'input_tokens', 'output_tokens', 'concurrent_requests', 'nano_usd'] })
  unit!: string;

  @ApiProperty({ type: String, description: 'In force now: with raises and what was carried over.' })
  cap!: string;

  @ApiProperty({ type: String, description: 'Settled plus held by running calls.' })
  used!: string;

  @ApiPropertyOptional({ type: String, description: 'The part of `used` that running calls hold.' })
  held?: string;

  @ApiProperty({ type: String })
  needed!: string;

  @ApiProperty({ type: String })
  remaining!: string;

  @ApiPropertyOptional({ type: String, description: 'Absent for concurrent requests, as the next three.' })
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

/** What exceeded limits make of the call. */
export class ExplainedAction {
  @ApiProperty({ enum: ['none', 'clamp', 'fallback'] })
  action!: string;

  @ApiPropertyOptional({ type: 'integer', description: 'The answer would be limited to this.' })
  max_tokens?: number;

  @ApiPropertyOptional({ type: ExplainedTarget, description: 'What would be called instead of this.' })
  fallback_from?: ExplainedTarget;
}

/** The answer that the caller would get. */
export class ExplainedRefusal {
  @ApiProperty({ type: String, description: 'Code of the catalogue.' })
  code!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty({ type: String })
  message!: string;

  @ApiProperty({ type: String, description: 'What would help.' })
  remedy!: string;

  @ApiProperty({ type: 'number', nullable: true })
  retry_after_ms!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The rest of the record of the answer.' })
  details!: object;
}

/** What would happen to a call. */
export class ExplainResponse {
  @ApiProperty({ type: Boolean })
  admitted!: boolean;

  @ApiProperty({ type: String, format: 'uuid' })
  virtual_key_id!: string;

  @ApiProperty({ type: String })
  virtual_key_name!: string;

  @ApiProperty({ type: ExplainedTarget, nullable: true, description: 'What would be called.' })
  target!: ExplainedTarget | null;

  @ApiProperty({
    type: [ExplainedTarget],
    description: 'Where the model leads, in the order in which it is tried. Gateways draw the first by weight.',
  })
  candidates!: ExplainedTarget[];

  @ApiProperty({ type: ExplainedEstimate, nullable: true })
  estimate!: ExplainedEstimate | null;

  @ApiProperty({ type: [ExplainedLimit], description: 'For the call as it was asked for.' })
  limits!: ExplainedLimit[];

  @ApiProperty({ type: ExplainedAction })
  on_exceed!: ExplainedAction;

  @ApiProperty({ type: [String], description: 'Ids of the limits in shadow mode that have no room.' })
  shadow_exceeded!: string[];

  @ApiProperty({ type: ExplainedRefusal, nullable: true })
  refusal!: ExplainedRefusal | null;

  @ApiProperty({ type: String, format: 'date-time' })
  explained_at!: string;
}
