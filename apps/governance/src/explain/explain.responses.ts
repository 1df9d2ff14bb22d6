import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LimitReportSchema } from '@penstock/platform';

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

  @ApiProperty({ type: [LimitReportSchema], description: 'For the call as it was asked for.' })
  limits!: LimitReportSchema[];

  @ApiProperty({ type: ExplainedAction })
  on_exceed!: ExplainedAction;

  @ApiProperty({ type: [String], description: 'Ids of the limits in shadow mode that have no room.' })
  shadow_exceeded!: string[];

  @ApiProperty({ type: ExplainedRefusal, nullable: true })
  refusal!: ExplainedRefusal | null;

  @ApiProperty({ type: String, format: 'date-time' })
  explained_at!: string;
}
