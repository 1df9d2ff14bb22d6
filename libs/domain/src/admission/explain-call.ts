import { AppError } from '../errors/app-error.js';
import { catalogue } from '../errors/catalogue.js';
import type { Encoding } from '../estimate/token-count.js';
import type { CallPolicy } from '../policy/call-policy.js';
import { exceededShadows } from '../limits/exceeded-shadows.js';
import { heldOfLimits } from '../limits/held-of-limits.js';
import { judgeLimits, type LimitReport } from '../limits/judge-limits.js';
import type { LimitPlan } from '../limits/limit-plan.js';
import { amountFor, type CallAmounts } from '../limits/limits.js';
import { providersWith } from '../routing/credential-providers.js';
import type { Target } from '../routing/resolve-target.js';
import { routeCall } from '../routing/route-call.js';
import { type AdmissionPort, admitCall } from './admit-call.js';
import type { CallDecision, CallQuestion } from './decide-call.js';
import { LimitRefusedError } from './limit-refused-error.js';

/** What is known of a tenant's counters at one moment; a counter that is missing stands at zero. */
export interface CounterReading {
  /** Settled + held, by counter id. */
  readonly totals: ReadonlyMap<string, bigint>;
  /** The part that running calls hold, by counter id. */
  readonly held: ReadonlyMap<string, bigint>;
}

/** What a call would take at most. */
export interface ExplainedEstimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: bigint;
  /** False when nothing prices the model; the cost is then not known, and stated as 0. */
  readonly isPriced: boolean;
}

/** What exceeded limits make of a call. `none`: nothing is exceeded, or what is allowed does not help. */
export type ExplainedAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'clamp'; readonly maxTokens: number }
  | { readonly kind: 'fallback'; readonly from: Target; readonly maxTokens?: number };

/** Why a call would be refused: the code and the words of the answer that the caller would get. */
export interface ExplainedRefusal {
  readonly code: AppError['code'];
  readonly status: number;
  readonly message: string;
  readonly remedy: string;
  /** Until there is room, if nothing else is admitted; null when waiting is not what helps. */
  readonly retryAfterMs: number | null;
  /** The rest of the record: `decided_by`, `limits`, `allowed`, `denied_by`, `max_tokens_that_fits`, `fallback`. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** What would happen to a call, and why. */
export interface CallExplanation {
  readonly isAdmitted: boolean;
  /** What would be called; null when nothing would be. */
  readonly target: Target | null;
  /** Where the model leads, in the order in which the targets are tried; empty when it leads nowhere. */
  readonly candidates: readonly Target[];
  /** Of the call as it would be made, else as it was refused; null when it is refused before it is estimated. */
  readonly estimate: ExplainedEstimate | null;
  /** Every limit on the path of the call as it was asked for, before anything is done about exceeded ones. */
  readonly limits: readonly LimitReport[];
  readonly action: ExplainedAction;
  /** Ids of the limits in shadow mode that have no room. */
  readonly exceededShadowIds: readonly string[];
  readonly refusal: ExplainedRefusal | null;
}

/** What a reservation would have led to. */
interface DryHold {
  readonly plan: LimitPlan;
  readonly reports: readonly LimitReport[];
  readonly totalsAfter: readonly string[];
}

/**
 * Says what would happen to a call, by the steps that admit calls, on a reading of the counters: nothing is reserved.
 *
 * @param countTokens counts the tokens of all text of the request.
 */
export async function explainCall(
  policy: CallPolicy,
  question: CallQuestion,
  reading: CounterReading,
  countTokens: (encoding: Encoding) => Promise<number>,
): Promise<CallExplanation> {
  const candidates = candidatesOf(policy, question);
  try {
    const port = new DryRun(policy, question.nowMs, reading, countTokens);
    const { hold, decision, fallbackFrom } = await admitCall(question, port);
    const { provider, model, maxTokens, amounts } = decision;
    return {
      isAdmitted: true,
      target: { provider, model },
      candidates,
      estimate: estimateOf(decision),
      limits: port.refusedBefore(decision, fallbackFrom)?.refusal.limits ?? hold.reports,
      action: actionOf(maxTokens, fallbackFrom),
      exceededShadowIds: exceededShadows(hold.plan, hold.totalsAfter, amounts, question.nowMs).map(
        ({ limit }) => limit.limitId,
      ),
      refusal: null,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isByLimits = error instanceof LimitRefusedError;
    return {
      isAdmitted: false,
      target: null,
      candidates,
      estimate: isByLimits ? estimateOf(error.decision) : null,
      limits: isByLimits ? error.refusal.limits : [],
      action: { kind: 'none' },
      exceededShadowIds: isByLimits
        ? error.refusal.limits
            .filter(({ fits, on_exceed }) => !fits && on_exceed === 'shadow')
            .map((one) => one.limit_id)
        : [],
      refusal: refusalOf(error),
    };
  }
}

/** Judges by a reading what the admission script would decide by the counters. */
class DryRun implements AdmissionPort<DryHold> {
  private readonly refusals: LimitRefusedError[] = [];

  constructor(
    private readonly policy: CallPolicy,
    private readonly nowMs: number,
    private readonly reading: CounterReading,
    readonly countTokens: (encoding: Encoding) => Promise<number>,
  ) {}

  reserve(decide: (policy: CallPolicy) => CallDecision): Promise<DryHold> {
    // A promise that rejects, as a reservation does, not a throw.
    return Promise.resolve().then(() => this.judge(decide(this.policy)));
  }

  /** The refusal of the call as it was asked for; undefined when it was admitted as it was asked for. */
  refusedBefore({ provider, model, maxTokens }: CallDecision, from?: Target): LimitRefusedError | undefined {
    if (from === undefined && maxTokens === undefined) return undefined;
    const asked = from ?? { provider, model };
    return this.refusals.findLast(
      ({ decision }) =>
        decision.maxTokens === undefined && decision.provider === asked.provider && decision.model === asked.model,
    );
  }

  private judge(decision: CallDecision): DryHold {
    const { provider, model, amounts } = decision;
    const plan = this.policy.planAt(this.nowMs, provider, model);
    const totals = plan.counterIds.map((id) => this.reading.totals.get(id) ?? 0n);
    const held = heldOfLimits(plan, this.reading.held);
    const judged = judgeLimits(plan, totals, amounts, this.nowMs, held);
    if (judged.some(({ isExceeded }) => isExceeded)) {
      const refused = LimitRefusedError.of(decision, plan, totals, this.nowMs, held);
      this.refusals.push(refused);
      throw refused;
    }
    return {
      plan,
      reports: judged.map(({ report }) => report),
      totalsAfter: totals.map((total, position) => (total + charged(plan, position, amounts)).toString()),
    };
  }
}

/** Counters beyond the charged ones are only read. */
function charged(plan: LimitPlan, position: number, amounts: CallAmounts): bigint {
  const unit = plan.units[position];
  return unit === undefined ? 0n : amountFor(unit, amounts);
}

function candidatesOf(policy: CallPolicy, { model, providers, draw }: CallQuestion): readonly Target[] {
  try {
    return routeCall(policy.snapshot, model, providersWith(policy.snapshot.providerCredentials, providers), draw);
  } catch (error) {
    // The same refusal stands in the explanation.
    if (error instanceof AppError) return [];
    throw error;
  }
}

function estimateOf({ amounts, call }: CallDecision): ExplainedEstimate {
  const { inputTokens, outputTokens, costNanoUsd } = amounts;
  return { inputTokens, outputTokens, costNanoUsd, isPriced: call.price.state !== 'unknown' };
}

function actionOf(maxTokens: number | undefined, fallbackFrom: Target | undefined): ExplainedAction {
  if (fallbackFrom !== undefined) {
    return { kind: 'fallback', from: fallbackFrom, ...(maxTokens === undefined ? {} : { maxTokens }) };
  }
  return maxTokens === undefined ? { kind: 'none' } : { kind: 'clamp', maxTokens };
}

function refusalOf(error: AppError): ExplainedRefusal {
  const { remedy = catalogue[error.code].remedy, retry_after_ms: retryAfterMs, ...details } = error.data ?? {};
  return {
    code: error.code,
    status: error.status,
    message: error.detail ?? error.message,
    remedy: String(remedy),
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    details: { ...details, ...(error.fields === undefined ? {} : { fields: error.fields }) },
  };
}
