import { ApiProperty, getSchemaPath } from '@nestjs/swagger';

/** What a key has used up in the current windows of its own limits. */
export class UsageStat {
  @ApiProperty({ type: String, format: 'uuid' })
  virtual_key_id!: string;

  @ApiProperty({ type: String, required: false, description: 'Of the config of a provider, or of a model of one.' })
  provider?: string;

  @ApiProperty({ type: String, required: false, description: 'Of the config of a model.' })
  model?: string;

  @ApiProperty({ type: 'integer' })
  tokens_current_usage!: number;

  @ApiProperty({ type: 'integer' })
  requests_current_usage!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  tokens_last_reset!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  requests_last_reset!: string;

  @ApiProperty({ type: 'number', required: false, description: 'US cents; absent without a budget.' })
  budget_current_usage?: number;

  @ApiProperty({ type: String, format: 'date-time', required: false })
  budget_last_reset?: string;
}

/** Usage of every key that has limits of its own. */
export class UsageStatsListEnvelope {
  @ApiProperty({ type: [UsageStat] })
  usage_stats!: UsageStat[];

  @ApiProperty({ type: 'integer' })
  count!: number;
}

/** Usage of one key. */
export class UsageStatsEnvelope {
  @ApiProperty({ type: String, format: 'uuid' })
  virtual_key_id!: string;

  @ApiProperty({
    oneOf: [{ $ref: getSchemaPath(UsageStat) }, { type: 'array', items: { $ref: getSchemaPath(UsageStat) } }],
    description: 'A list where the key has configs of providers or models: its own usage first, then theirs.',
  })
  usage_stats!: UsageStat | UsageStat[];
}
