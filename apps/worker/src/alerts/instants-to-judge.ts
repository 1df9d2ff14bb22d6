import { type LimitSpec, windowAt } from '@penstock/domain';

/** How long after its end a window is still looked at by itself: a worker that was away for so long loses no alert. */
const LOOK_BACK_MS = 3_600_000;

/** A window of a limit that was charged to. */
export interface TouchedWindow {
  readonly generation: number;
  readonly windowStartMs: number;
}

/** What decides which windows of a budget are looked at. */
export interface InstantsFacts {
  readonly limit: LimitSpec;
  /** When somebody last changed the budget. */
  readonly updatedAtMs: number;
  /** Undefined: nothing is known of what was charged, as in a pass over all budgets. */
  readonly touched: readonly TouchedWindow[] | undefined;
  readonly nowMs: number;
}

/**
 * One moment in each window that is to be judged: now for the current one, the last millisecond of one that is over.
 * Calls are settled in the window in which they began, so one that is over may be charged to and reach a threshold
 * late. A window that was over before the budget was last changed is left alone: the change was not for it.
 */
export function instantsToJudge({ limit, updatedAtMs, touched, nowMs }: InstantsFacts): number[] {
  const current = windowAt(limit.window, nowMs);
  const instants = new Set<number>();
  if (touched === undefined) {
    instants.add(nowMs);
    const { startMs, endMs } = windowAt(limit.window, current.startMs - 1);
    if (startMs < endMs && endMs > nowMs - LOOK_BACK_MS && endMs > updatedAtMs) instants.add(endMs - 1);
    return [...instants];
  }
  for (const { generation, windowStartMs } of touched) {
    const window = windowAt(limit.window, windowStartMs);
    // Counters of before a reset, or of windows that have been laid anew since, are history.
    if (generation !== limit.generation || window.startMs !== windowStartMs) continue;
    // A gateway's clock may be ahead of ours.
    const instant = Math.max(window.startMs, Math.min(nowMs, window.endMs - 1));
    if (window.endMs > nowMs || window.endMs > updatedAtMs) instants.add(instant);
  }
  return [...instants];
}
