import { AppError } from '../errors/app-error.js';
import { explainRefusal, type Refusal } from '../limits/explain-refusal.js';
import type { LimitPlan } from '../limits/limit-plan.js';
import { appliesTo, type LimitSpec } from '../limits/limits.js';
import type { CallDecision } from './decide-call.js';

/** A reservation was refused: limits have no room for the call as it was decided. */
export class LimitRefusedError extends AppError {
  /** The limits that have no room, those that are only watched left out. */
  readonly exceeded: readonly LimitSpec[];

  constructor(
    readonly decision: CallDecision,
    readonly refusal: Refusal,
    private readonly plan: LimitPlan,
    more: Record<string, unknown> = {},
  ) {
    super(refusal.code, { detail: refusal.sentence, data: { ...detailsOf(refusal), ...more } });
    this.exceeded = plan.limits.filter((_, index) => refusal.limits[index]?.decides === true);
  }

  /** Explains the refusal of a call from the totals that refused it; see {@link explainRefusal}. */
  static of(
    decision: CallDecision,
    plan: LimitPlan,
    totals: readonly bigint[],
    nowMs: number,
    held?: readonly bigint[],
  ): LimitRefusedError {
    const context = { call: decision.call, ...(held === undefined ? {} : { held }) };
    return new LimitRefusedError(decision, explainRefusal(plan, totals, decision.amounts, nowMs, context), plan);
  }

  /** The same refusal, and why the model that was to be called instead was refused as well. */
  withFallback(model: string, error: AppError): LimitRefusedError {
    const fallback = { model, code: error.code, message: error.detail ?? error.message };
    return new LimitRefusedError(this.decision, this.refusal, this.plan, { fallback });
  }

  /** A limit has no room that another target of the call is not subject to: that one may have some. */
  get mayFitElsewhere(): boolean {
    const { others } = this.decision;
    return this.exceeded.some(
      (limit) => limit.match !== undefined && others.some(({ provider, model }) => !appliesTo(limit, provider, model)),
    );
  }
}

/** The machine-readable record of a refusal, as callers get it. */
function detailsOf(refusal: Refusal): Record<string, unknown> {
  return {
    remedy: refusal.remedy,
    ...(refusal.retryAfterMs === undefined ? {} : { retry_after_ms: refusal.retryAfterMs }),
    decided_by: refusal.decided,
    limits: refusal.limits,
    ...(refusal.maxTokensThatFits === undefined ? {} : { max_tokens_that_fits: refusal.maxTokensThatFits }),
  };
}
