import { type AppError, catalogue, type ExceededShadow } from '@penstock/domain';
import type { CallOutcome } from '@penstock/dto';
import type { Logger, Metrics } from '@penstock/platform';
import { LRUCache } from 'lru-cache';
import type { Counter, Histogram } from 'prom-client';

/** Limits in shadow mode of which it is remembered that they were logged. */
const SHADOWS_MAX = 10_000;

/**
 * What happens in a gateway, each as a metric of low cardinality and, where somebody may want to look, a log line
 * with the detail. Calls that end well are in the ledger and only counted here. Must not throw.
 */
export class GatewayEvents {
  private readonly settled: Counter<'provider' | 'outcome' | 'estimated'>;
  private readonly refused: Counter<'code'>;
  private readonly latency: Histogram<'provider'>;
  private readonly upstream: Counter<'provider' | 'reason'>;
  private readonly shadows: Counter<'unit' | 'entity'>;
  private readonly cut: Counter<'code'>;
  private readonly failOvers: Counter<'provider' | 'outcome'>;
  /** Until when nothing is logged of a limit again, by its key. */
  private readonly loggedUntilMs = new LRUCache<string, number>({ max: SHADOWS_MAX });

  constructor(
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    this.settled = metrics.counter({
      name: 'penstock_gateway_calls_settled_total',
      help: 'Calls whose account was written, by outcome.',
      labelNames: ['provider', 'outcome', 'estimated'],
    });
    this.refused = metrics.counter({
      name: 'penstock_gateway_calls_refused_total',
      help: 'Calls that were refused, by error code.',
      labelNames: ['code'],
    });
    this.latency = metrics.histogram({
      name: 'penstock_gateway_call_seconds',
      help: 'From the request to its account.',
      labelNames: ['provider'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    });
    this.upstream = metrics.counter({
      name: 'penstock_gateway_upstream_failures_total',
      help: 'Provider answers other than 2xx, and exchanges that broke.',
      labelNames: ['provider', 'reason'],
    });
    this.shadows = metrics.counter({
      name: 'penstock_shadow_exceeded_total',
      help: 'Calls that a limit in shadow mode would have refused.',
      labelNames: ['unit', 'entity'],
    });
    this.failOvers = metrics.counter({
      name: 'penstock_gateway_failovers_total',
      help: 'Attempts that failed at this provider and had another target left: tried, or the code of why it was not.',
      labelNames: ['provider', 'outcome'],
    });
    this.cut = metrics.counter({
      name: 'penstock_gateway_calls_cut_total',
      help: 'Calls that were ended because their key may not be used any more.',
      labelNames: ['code'],
    });
  }

  /** Another target was called after an attempt at this provider had failed. */
  failedOver(requestId: string, provider: string, attempt: number): void {
    this.failOvers.inc({ provider, outcome: 'tried' });
    this.logger.info({ requestId, provider, attempt }, 'the call goes on with another target');
  }

  /** Another target was left, and could not be called. */
  failOverRefused(requestId: string, provider: string, refusal: AppError): void {
    this.failOvers.inc({ provider, outcome: refusal.code });
    this.logger.warn(
      { requestId, provider, code: refusal.code, err: refusal.cause ?? undefined },
      'no other target could be called after a failed attempt',
    );
  }

  /** Counts every call; logs each limit once per window. */
  shadowsExceeded(requestId: string, shadows: readonly ExceededShadow[], nowMs: number): void {
    for (const { limit, untilMs } of shadows) {
      const { unit, entity, entityId, limitId } = limit;
      this.shadows.inc({ unit, entity });
      if ((this.loggedUntilMs.get(limit.key) ?? 0) > nowMs) continue;
      this.loggedUntilMs.set(limit.key, untilMs);
      this.logger.info({ requestId, limitId, unit, entity, entityId }, 'a limit in shadow mode is exceeded');
    }
  }

  callCut(requestId: string, error: AppError): void {
    this.cut.inc({ code: error.code });
    this.logger.info({ requestId, code: error.code }, error.detail ?? error.code);
  }

  /* Hot path. */
  callSettled(provider: string, outcome: CallOutcome, latencyMs: number, isEstimated: boolean): void {
    this.settled.inc({ provider, outcome, estimated: isEstimated ? 'true' : 'false' });
    this.latency.observe({ provider }, latencyMs / 1000);
  }

  callRefused(requestId: string, error: AppError): void {
    this.refused.inc({ code: error.code });
    const level = catalogue[error.code].logLevel;
    this.logger[level]({ requestId, code: error.code, err: error.cause ?? undefined }, error.detail ?? error.code);
  }

  upstreamFailed(requestId: string, provider: string, status: number): void {
    this.upstream.inc({ provider, reason: String(status) });
    this.logger.warn({ requestId, provider, status }, 'the provider refused the call');
  }

  upstreamBroke(requestId: string, provider: string, code: string, cause: Error): void {
    this.upstream.inc({ provider, reason: code });
    this.logger.warn({ requestId, provider, code, err: cause }, 'the exchange with the provider broke');
  }

  callFailed(requestId: string, error: unknown): void {
    this.logger.error({ requestId, err: error }, 'the end of a call failed');
  }

  revocationCheckFailed(error: unknown): void {
    this.logger.error({ err: error }, 'running calls could not be checked for revoked keys; trying again');
  }

  usageNotQueued(error: unknown): void {
    this.logger.warn({ err: error }, 'settled calls could not be announced to the worker; trying again');
  }

  storeAvailability(isAvailable: boolean, cause?: unknown): void {
    if (isAvailable) this.logger.info('Redis answers again');
    else this.logger.error({ err: cause }, 'Redis does not answer: calls are refused until it does');
  }
}
