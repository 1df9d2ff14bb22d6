import { amountFor, type CallAmounts, formatUsd, type LimitUnit, nanoUsd, standingsOf } from '@penstock/domain';

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
    headers['x-penstock-budget-remaining-usd'] = formatUsd(nanoUsd(BigInt(budget.remaining)));
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
  headers[`x-ratelimit-limit-${unit}`] = hold.plan.statedCaps[limit.index]!;
  headers[`x-ratelimit-remaining-${unit}`] = limit.remaining.toString();
  headers[`x-ratelimit-reset-${unit}`] = formatReset(fullAgainAtMs(hold, limit.index) - nowMs);
}

function tightest(
  hold: Hold,
  unit: LimitUnit,
  actual: CallAmounts | undefined,
): { readonly index: number; readonly remaining: number | bigint } | undefined {
  let index = -1;
  let remaining: number | bigint = 0;
  for (let at = 0; at < hold.plan.units.length; at += 1) {
    if (hold.plan.units[at] !== unit || hold.plan.limits[at]!.onExceed === 'shadow') continue;
    const left = remainingOf(hold, at, unit, actual);
    if (index !== -1 && left >= remaining) continue;
    index = at;
    remaining = left;
  }
  return index === -1 ? undefined : { index, remaining: remaining < 0 ? 0 : remaining };
}

/** When nothing of what is used now counts any more: the end of the window, or a whole duration later if it slides. */
function fullAgainAtMs({ plan }: Hold, index: number): number {
  const spec = plan.limits[index]!.window;
  return plan.windows[index]!.endMs + (spec.kind === 'sliding' ? spec.durationMs : 0);
}

/** Numbers of up to 15 digits are exact without the cost of a bigint, and nearly all are. */
function remainingOf(hold: Hold, index: number, unit: LimitUnit, actual: CallAmounts | undefined): number | bigint {
  const { plan } = hold;
  if (plan.history !== undefined || plan.rollovers !== undefined) {
    const { used, cap } = standingsOf(plan, hold.totals.map(BigInt))[index]!;
    return cap - used + (actual === undefined ? 0n : amountFor(unit, hold.amounts) - amountFor(unit, actual));
  }
  const cap = plan.statedCaps[index]!;
  const total = hold.totals[index]!;
  if (cap.length <= 15 && total.length <= 15) {
    const back = actual === undefined ? 0 : Number(amountFor(unit, hold.amounts)) - Number(amountFor(unit, actual));
    return Number(cap) - Number(total) + back;
  }
  const back = actual === undefined ? 0n : amountFor(unit, hold.amounts) - amountFor(unit, actual);
  return BigInt(cap) - BigInt(total) + back;
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
