import type { LimitSpec } from '../limits/limits.js';

/** What is to be done with a call that limits have no room for. */
export type ExceedStep =
  | { readonly kind: 'deny' }
  | { readonly kind: 'clamp' }
  | { readonly kind: 'fallback'; readonly model: string };

const DENY: ExceedStep = Object.freeze({ kind: 'deny' });
const CLAMP: ExceedStep = Object.freeze({ kind: 'clamp' });

/**
 * What the limits that have no room allow together: a single one that denies decides; a cheaper model comes before a
 * shorter answer.
 */
export function stepOnExceed(exceeded: readonly LimitSpec[]): ExceedStep {
  let step: ExceedStep = CLAMP;
  for (const { onExceed, fallbackModel } of exceeded) {
    if (onExceed === 'clamp') continue;
    if (onExceed !== 'fallback' || fallbackModel === undefined) return DENY;
    if (step.kind === 'clamp') step = { kind: 'fallback', model: fallbackModel };
  }
  return exceeded.length === 0 ? DENY : step;
}
