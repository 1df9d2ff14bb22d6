import { forecastExhaustion, nanoUsd, nanoUsdToCents } from '@penstock/domain';
import { type OwnerColumns, ownerOf, termsOfKind, WINDOWED_KINDS } from '@penstock/management';
import { exactJsonNumber } from '@penstock/platform';

import type {
  BudgetResponse,
  OwnedBudgetResponse,
  OwnedRateLimitResponse,
  RaiseResponse,
  RateLimitResponse,
} from './limit-responses.js';
import type { LimitReading } from './limit-reading.js';
import type { ReadBudget, ReadRateLimit } from './limit-reader.js';

/** A budget on the wire. What clients of the contract do not know is absent unless it is set. */
export function toBudgetResponse({ row, reading, raises }: ReadBudget): BudgetResponse {
  const { spec, window, used, cap } = reading;
  return {
    id: row.id,
    ...(row.name === null ? {} : { name: row.name }),
    max_limit: exactJsonNumber(row.maxLimitCents),
    reset_duration: row.resetDuration,
    current_usage: nanoUsdToCents(nanoUsd(used)),
    last_reset: new Date(window.startMs).toISOString(),
    // Otherwise it follows from the two fields above, and clients of the contract compare answers field by field.
    ...(row.alignedFrom === null
      ? {}
      : { calendar_aligned: true, window_ends_at: new Date(window.endMs).toISOString() }),
    ...(row.onExceed === 'deny' ? {} : { on_exceed: row.onExceed }),
    ...(row.fallbackModel === null ? {} : { fallback_model: row.fallbackModel }),
    ...(row.thresholds.length === 0 ? {} : { thresholds: row.thresholds }),
    ...(row.rolloverMaxCents === null ? {} : { rollover_max: exactJsonNumber(row.rolloverMaxCents) }),
    ...(raises.length === 0 ? {} : { raises: raises.map(toRaiseResponse) }),
    ...(cap === BigInt(spec.cap) ? {} : { effective_limit: nanoUsdToCents(nanoUsd(cap)) }),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** A temporary raise on the wire. */
export function toRaiseResponse(raise: ReadBudget['raises'][number]): RaiseResponse {
  return {
    id: raise.id,
    amount: exactJsonNumber(raise.amountCents),
    starts_at: raise.startsAt.toISOString(),
    ends_at: raise.endsAt.toISOString(),
    ...(raise.reason === null ? {} : { reason: raise.reason }),
    created_at: raise.createdAt.toISOString(),
  };
}

/** A rate limit on the wire. */
export function toRateLimitResponse({ row, readings }: ReadRateLimit, nowMs: number): RateLimitResponse {
  const kinds = WINDOWED_KINDS.map(({ unit, wire }) => {
    const { maxLimit, resetDuration, anchorAt } = termsOfKind(row, unit);
    const reading = readings.find(({ spec }) => spec.unit === unit);
    // The contract shows usage of tokens and requests whether they are limited or not; of the others when they are.
    if (reading === undefined && unit !== 'tokens' && unit !== 'requests') return {};
    return {
      ...(maxLimit === null ? {} : { [`${wire}_max_limit`]: exactJsonNumber(maxLimit) }),
      ...(resetDuration === null ? {} : { [`${wire}_reset_duration`]: resetDuration }),
      [`${wire}_current_usage`]: Number(reading?.used ?? 0n),
      [`${wire}_last_reset`]: startOf(reading, anchorAt, nowMs).toISOString(),
    };
  });
  const concurrent = readings.find(({ spec }) => spec.unit === 'concurrent_requests');
  return {
    id: row.id,
    ...(Object.assign({}, ...kinds) as KindFields),
    ...(concurrent === undefined || row.concurrentMaxLimit === null
      ? {}
      : {
          concurrent_max_limit: exactJsonNumber(row.concurrentMaxLimit),
          concurrent_current_usage: Number(concurrent.used),
        }),
    ...(row.windowType === 'fixed' ? {} : { window_type: row.windowType }),
    ...(row.onExceed === 'deny' ? {} : { on_exceed: row.onExceed }),
    ...(row.fallbackModel === null ? {} : { fallback_model: row.fallbackModel }),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

type KindFields = Omit<RateLimitResponse, 'id' | 'created_at' | 'updated_at'>;

/** Start of what counts now; of a sliding window that is one duration ago, or when counting began if that is later. */
function startOf(reading: LimitReading | undefined, anchorAt: Date, nowMs: number): Date {
  if (reading === undefined) return anchorAt;
  const { window } = reading.spec;
  if (window.kind !== 'sliding') return new Date(reading.window.startMs);
  return new Date(Math.max(nowMs - window.durationMs, window.anchorMs));
}

/** A budget with its owner. */
export function toOwnedBudgetResponse(budget: ReadBudget, nowMs: number): OwnedBudgetResponse {
  const { window, used, cap } = budget.reading;
  const exhaustsAtMs = forecastExhaustion({ window, usedNanoUsd: used, capNanoUsd: cap, nowMs });
  return {
    ...toBudgetResponse(budget),
    window_ends_at: new Date(window.endMs).toISOString(),
    ...(exhaustsAtMs === undefined ? {} : { forecast_exhausts_at: new Date(exhaustsAtMs).toISOString() }),
    ...ownerId(budget.row),
  };
}

/** A rate limit with its owner. */
export function toOwnedRateLimitResponse(rateLimit: ReadRateLimit, nowMs: number): OwnedRateLimitResponse {
  return { ...toRateLimitResponse(rateLimit, nowMs), ...ownerId(rateLimit.row) };
}

function ownerId(row: OwnerColumns): Record<string, string> {
  const { entity, id } = ownerOf(row);
  return { [entity === 'shared_budget' ? 'tenant_id' : `${entity}_id`]: id };
}
