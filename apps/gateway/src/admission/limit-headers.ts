import { type CallAmounts, formatUsd, type LimitUnit, nanoUsd } from '@penstock/domain';

import type { Hold } from './admission.service.js';

/**
 * Tells the caller where it stands: OpenAI's `x-ratelimit-*` for the tightest request and token limit on the path,
 * and what is left of the tightest budget. `actual` is what the call used; without it (a stream that begins), the
 * numbers count the call at its worst case.
 */
export function setLimitHeaders(
  headers: Record<string, string>,
  hold: Hold,
  nowMs: number,
  actual?: CallAmounts,
): void {
  setRateHeaders(headers, 'requests', hold, nowMs, actual);
  setRateHeaders(headers, 'tokens', hold, nowMs, actual);
  const budget = tightest(hold, 'nano_usd', actual);
  if (budget !== undefined) {
    headers['x-penstock-budget-remaining-usd'] = formatUsd(nanoUsd(budget.remaining));
  }
}

function setRateHeaders(
  headers: Record<string, string>,
  unit: 'requests' | 'tokens',
  hold: Hold,
  nowMs: number,
  actual: CallAmounts | undefined,
): void {
  const limit = tightest(hold, unit, actual);
  if (limit === undefined) return;
  headers[`x-ratelimit-limit-${unit}`] = hold.plan.caps[limit.index]!;
  headers[`x-ratelimit-remaining-${unit}`] = limit.remaining.toString();
  headers[`x-ratelimit-reset-${unit}`] = formatReset(hold.plan.windows[limit.index]!.endMs - nowMs);
}

function tightest(
  hold: Hold,
  unit: LimitUnit,
  actual: CallAmounts | undefined,
): { readonly index: number; readonly remaining: bigint } | undefined {
  let found: { index: number; remaining: bigint } | undefined;
  for (let index = 0; index < hold.plan.units.length; index += 1) {
    if (hold.plan.units[index] !== unit) continue;
    let remaining = hold.plan.capAmounts[index]! - BigInt(hold.totals[index]!);
    if (actual !== undefined) remaining += amountOf(unit, hold.amounts) - amountOf(unit, actual);
    if (remaining < 0n) remaining = 0n;
    if (found === undefined || remaining < found.remaining) found = { index, remaining };
  }
  return found;
}

function amountOf(unit: LimitUnit, amounts: CallAmounts): bigint {
  if (unit === 'nano_usd') return amounts.costNanoUsd;
  return BigInt(unit === 'tokens' ? amounts.tokens : amounts.requests);
}

/** A duration as OpenAI writes it: `120ms`, `1s`, `6m0s`, `2h3m4s`. */
export function formatReset(durationMs: number): string {
  if (durationMs <= 0) return '0s';
  if (durationMs <= 999) return `${Math.ceil(durationMs)}ms`;
  const seconds = Math.ceil(durationMs / 1_000);
  const h = Math.floor(seconds / 3_600);
  const m = Math.floor((seconds % 3_600) / 60);
  const s = seconds % 60;
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
