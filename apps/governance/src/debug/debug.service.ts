import { Inject, Injectable } from '@nestjs/common';
import { counterId } from '@penstock/domain';
import { TENANTS_KEY } from '@penstock/dto';
import { HealthRegistry, REDIS_COMMAND, type RequestContext } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import type { LimitReading } from '../limits/answers/limit-reading.js';
import { LimitReader } from '../limits/answers/limit-reader.js';
import { LimitsRepository } from '../limits/limits.repository.js';
import type {
  CounterResponse,
  DatabaseStats,
  DebugCheck,
  DebugHealthResponse,
  PluginStats,
} from './debug.responses.js';

const COUNTS_SQL = `SELECT
  (SELECT count(*) FROM governance.virtual_keys)::int AS virtual_keys_count,
  (SELECT count(*) FROM governance.teams)::int AS teams_count,
  (SELECT count(*) FROM governance.customers)::int AS customers_count,
  (SELECT count(*) FROM governance.budgets)::int AS budgets_count,
  (SELECT count(*) FROM governance.rate_limits)::int AS rate_limits_count,
  (SELECT COALESCE(sum(calls), 0) FROM ledger.usage_daily)::float8 AS usage_tracking_count,
  (SELECT count(*) FROM governance.audit_entries)::int AS audit_logs_count`;

const PENDING_SQL = 'SELECT count(*)::int AS pending FROM governance.outbox_messages WHERE delivered_at IS NULL';

/** What an operator looks at when something seems wrong. */
@Injectable()
export class DebugService {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly limits: LimitsRepository,
    private readonly reader: LimitReader,
    private readonly healthRegistry: HealthRegistry,
  ) {}

  async databaseStats(): Promise<DatabaseStats> {
    const [stats]: DatabaseStats[] = await this.dataSource.query(COUNTS_SQL);
    if (stats === undefined) throw new Error('A select without table has one row.');
    return stats;
  }

  async pluginStats(): Promise<PluginStats> {
    const [row]: { pending: number }[] = await this.dataSource.query(PENDING_SQL);
    // Redis being away is one of the things that this answer is for.
    const loaded = await this.redis.scard(TENANTS_KEY).catch(() => null);
    return { is_store_reachable: loaded !== null, tenants_loaded: loaded, changes_pending: row?.pending ?? 0 };
  }

  /** Every limit's current counter, as it is enforced. */
  async counters(ctx: RequestContext): Promise<CounterResponse[]> {
    const [budgets, rateLimits] = await Promise.all([
      this.limits.listBudgets(this.dataSource.manager, {}),
      this.limits.listRateLimits(this.dataSource.manager, {}),
    ]);
    const read = await this.reader.read({ budgets, rateLimits }, ctx.nowMs);
    const readings = [...read.budgets.map(({ reading }) => reading), ...read.rateLimits.flatMap((one) => one.readings)];
    return readings.map(toCounterResponse);
  }

  async health(ctx: RequestContext): Promise<DebugHealthResponse> {
    const report = await this.healthRegistry.report();
    const checks = Object.fromEntries(
      Object.entries(report.checks).map(([name, { status, error }]): [string, DebugCheck] => [
        name,
        status === 'ok' ? { status: 'healthy' } : { status: 'unhealthy', ...(error === undefined ? {} : { error }) },
      ]),
    );
    return {
      status: report.status === 'ok' ? 'healthy' : 'unhealthy',
      timestamp: new Date(ctx.nowMs).toISOString(),
      checks,
    };
  }
}

function toCounterResponse({ spec, window, used, cap }: LimitReading): CounterResponse {
  return {
    counter_id: counterId(spec, window),
    entity: spec.entity,
    entity_id: spec.entityId,
    unit: spec.unit,
    cap: cap.toString(),
    used: used.toString(),
    ...(spec.window.kind === 'unending'
      ? {}
      : {
          window_started_at: new Date(window.startMs).toISOString(),
          window_ends_at: new Date(window.endMs).toISOString(),
        }),
  };
}
