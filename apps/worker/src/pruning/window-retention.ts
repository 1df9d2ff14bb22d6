import { parseCounterId, slidingReachMs, unitOfKey, windowAt } from '@penstock/domain';

import type { LimitDefinition } from '../limits/limit-definitions.js';

const DAY_MS = 86_400_000;

/** Days for which the ledger keeps the windows of rate limits, where nothing else is set. */
export const LIMIT_WINDOW_RETENTION_DAYS = 30;

/** Windows that ended before this are not kept. */
export function retentionCutoffMs(retentionDays: number, nowMs: number): number {
  return nowMs - retentionDays * DAY_MS;
}

/** Money is what books are kept for: the windows of budgets and credits are never deleted. */
export function isKeptForEver(limitKey: string): boolean {
  const unit = unitOfKey(limitKey);
  return unit === 'nano_usd' || unit === 'credits';
}

/**
 * Which windows of a rate limit are kept: those that began at this time or later. All earlier ones had ended by the
 * cutoff, and nothing had read them since.
 */
export function keptFromMs({ window: spec }: LimitDefinition, cutoffMs: number): number {
  return windowAt(spec, cutoffMs - (spec.kind === 'sliding' ? slidingReachMs(spec) : 0)).startMs;
}

/**
 * Whether the ledger may lack this counter's window although there were calls. Such a window began before the cutoff;
 * a newer one is never deleted, so its absence is a loss.
 */
export function mayBeDeleted(counterId: string, cutoffMs: number): boolean {
  const { limitKey, windowStartMs } = parseCounterId(counterId);
  return !isKeptForEver(limitKey) && windowStartMs < cutoffMs;
}
