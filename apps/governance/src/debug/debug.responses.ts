import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';

/** How much there is; counted or, for usage, taken from the daily sums. */
export class DatabaseStats {
  @ApiProperty({ type: 'integer' })
  virtual_keys_count!: number;

  @ApiProperty({ type: 'integer' })
  teams_count!: number;

  @ApiProperty({ type: 'integer' })
  customers_count!: number;

  @ApiProperty({ type: 'integer' })
  budgets_count!: number;

  @ApiProperty({ type: 'integer' })
  rate_limits_count!: number;

  @ApiProperty({ type: 'integer', description: 'Calls in the ledger.' })
  usage_tracking_count!: number;

  @ApiProperty({ type: 'integer' })
  audit_logs_count!: number;
}

/** State of enforcement. */
export class PluginStats {
  @ApiProperty({ type: Boolean })
  is_store_reachable!: boolean;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Tenants whose counters were ever loaded.' })
  tenants_loaded!: number | null;

  @ApiProperty({ type: 'integer', description: 'Policy changes that gateways have not been told of yet.' })
  changes_pending!: number;
}

/** Answer of `GET /debug/stats`. */
export class DebugStatsResponse {
  @ApiProperty({ type: PluginStats })
  plugin_stats!: PluginStats;

  @ApiProperty({ type: DatabaseStats })
  database_stats!: DatabaseStats;

  @ApiProperty({ type: String, format: 'date-time' })
  timestamp!: string;
}

/** The counter of one limit in its current window. */
export class CounterResponse {
  @ApiProperty({ type: String })
  counter_id!: string;

  @ApiProperty({ enum: ['virtual_key', 'team', 'customer'] })
  entity!: string;

  @ApiProperty({ type: String, format: 'uuid' })
  entity_id!: string;

  @ApiProperty({
    enum: ['requests', 'tokens', 'input_tokens', 'output_tokens', 'concurrent_requests', 'nano_usd'],
  })
  unit!: string;

  @ApiProperty({ type: String, description: 'Decimal integer in the unit.' })
  cap!: string;

  @ApiProperty({ type: String, description: 'Settled and held; decimal integer in the unit.' })
  used!: string;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'Absent for concurrent requests.' })
  window_started_at?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false })
  window_ends_at?: string;
}

/** Answer of `GET /debug/counters`. */
export class DebugCountersResponse {
  @ApiProperty({ type: [CounterResponse] })
  counters!: CounterResponse[];

  @ApiProperty({ type: 'integer' })
  count!: number;

  @ApiProperty({ type: String, format: 'date-time' })
  timestamp!: string;
}

/** One dependency. */
export class DebugCheck {
  @ApiProperty({ enum: ['healthy', 'unhealthy'] })
  status!: 'healthy' | 'unhealthy';

  @ApiProperty({ type: String, required: false })
  error?: string;

  @ApiProperty({ type: String, required: false })
  message?: string;
}

/** Answer of `GET /debug/health`. */
@ApiExtraModels(DebugCheck)
export class DebugHealthResponse {
  @ApiProperty({ enum: ['healthy', 'unhealthy'] })
  status!: 'healthy' | 'unhealthy';

  @ApiProperty({ type: String, format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ type: 'object', additionalProperties: { $ref: getSchemaPath(DebugCheck) } })
  checks!: Record<string, DebugCheck>;
}
