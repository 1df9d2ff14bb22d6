import { AppError } from '../errors/app-error.js';
import { type Encoding, encodingOf } from '../estimate/token-count.js';
import type { CallPolicy } from '../policy/call-policy.js';
import type { Target } from '../routing/resolve-target.js';
import { type CallDecision, type CallQuestion, decideCall } from './decide-call.js';
import { LimitRefusedError } from './limit-refused-error.js';
import { mightFitTighter } from './might-fit-tighter.js';
import { stepOnExceed } from './on-exceed.js';

/** Where room is asked for: the counters themselves, or what is known of them. */
export interface AdmissionPort<Hold> {
  /**
   * Asks for room for what `decide` makes of the policy in force. A `decide` that throws is asked again with a newer
   * policy, if there is one, before its refusal stands.
   *
   * @throws LimitRefusedError when there is no room, and whatever `decide` throws.
   */
  reserve(decide: (policy: CallPolicy) => CallDecision): Promise<Hold>;
  /** Counts the tokens of all text of the request. */
  countTokens(encoding: Encoding): Promise<number>;
}

/** A call that was admitted, and how it differs from what was asked for. */
export interface AdmittedCall<Hold> {
  readonly hold: Hold;
  readonly decision: CallDecision;
  /** The target that the limits had no room for, when another model was admitted in its place. */
  readonly fallbackFrom?: Target;
}

/** Prompts beyond this keep their bound of one token per byte: counting them would cost more than it saves. */
const EXACT_COUNT_BYTES_MAX = 256 * 1024;
/** Others may take the room between a refusal and the shorter call; each try knows a newer state. */
const CLAMP_TRIES_MAX = 5;
const NONE: readonly Target[] = [];

/**
 * Admits a call, in one reservation if there is room. If not, what the policy allows is tried, in this order: a tighter
 * bound of the tokens, the other targets that the name leads to, a cheaper model, a shorter answer.
 *
 * @throws AppError with the refusal of the call as it was asked for.
 */
export async function admitCall<Hold>(question: CallQuestion, port: AdmissionPort<Hold>): Promise<AdmittedCall<Hold>> {
  const attempts = new Attempts(question, port);
  try {
    return await attempts.overTargets(question.model);
  } catch (refusal) {
    if (!(refusal instanceof LimitRefusedError)) throw refusal;
    return attempts.afterRefusal(refusal);
  }
}

class Attempts<Hold> {
  private counts: ReadonlyMap<Encoding, number> | undefined;

  constructor(
    private readonly question: CallQuestion,
    private readonly port: AdmissionPort<Hold>,
  ) {}

  /** Tries the targets of a model one by one, each with one reservation. The refusal is that of the first. */
  async overTargets(model: string): Promise<AdmittedCall<Hold>> {
    let first: LimitRefusedError | undefined;
    let tried = this.question.failed ?? NONE;
    for (;;) {
      try {
        return await this.tightly(model, tried);
      } catch (refusal) {
        if (!(refusal instanceof LimitRefusedError)) throw refusal;
        first ??= refusal;
        if (!refusal.mayFitElsewhere) throw first;
        tried = [...tried, refusal.decision];
      }
    }
  }

  /** What the exceeded limits themselves propose. */
  async afterRefusal(refusal: LimitRefusedError): Promise<AdmittedCall<Hold>> {
    const step = stepOnExceed(refusal.exceeded);
    if (step.kind === 'fallback') return this.fallBack(refusal, step.model);
    const shortened = step.kind === 'clamp' ? await this.shortened(refusal, this.question.model) : undefined;
    if (shortened === undefined) throw refusal;
    return shortened;
  }

  private async fallBack(refusal: LimitRefusedError, model: string): Promise<AdmittedCall<Hold>> {
    const { provider, model: refusedModel } = refusal.decision;
    const fallbackFrom: Target = { provider, model: refusedModel };
    try {
      return { ...(await this.overTargets(model)), fallbackFrom };
    } catch (error) {
      // Only one hop: what the fallback's own limits would fall back to is not tried.
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      const isShortenable = error instanceof LimitRefusedError && stepOnExceed(error.exceeded).kind === 'clamp';
      const shortened = isShortenable ? await this.shortened(error, model) : undefined;
      if (shortened !== undefined) return { ...shortened, fallbackFrom };
      throw refusal.withFallback(model, error);
    }
  }

  /** The same call with as long an answer as there is room for; undefined when there is none. */
  private async shortened(refusal: LimitRefusedError, model: string): Promise<AdmittedCall<Hold> | undefined> {
    const { provider, model: refusedModel, others } = refusal.decision;
    const only: Target = { provider, model: refusedModel };
    let last = refusal;
    for (let attempt = 0; attempt < CLAMP_TRIES_MAX; attempt += 1) {
      const maxTokens = last.refusal.maxTokensThatFits;
      if (maxTokens === undefined) return undefined;
      try {
        const { hold, decision } = await this.reserve({ ...this.question, model, only, maxTokens }, NONE);
        return { hold, decision: { ...decision, others } };
      } catch (error) {
        if (!(error instanceof LimitRefusedError)) throw error;
        if (stepOnExceed(error.exceeded).kind !== 'clamp') return undefined;
        last = error;
      }
    }
    return undefined;
  }

  /**
   * Reserves with the cheap bound of one token per byte; only when that does not fit, and the vocabulary of the model
   * is known, are the tokens counted and the call asked for again with the tighter bound.
   */
  private async tightly(model: string, tried: readonly Target[]): Promise<AdmittedCall<Hold>> {
    const question = model === this.question.model ? this.question : { ...this.question, model };
    try {
      return await this.reserve(question, tried);
    } catch (refusal) {
      const encoding = refusal instanceof LimitRefusedError ? this.worthCounting(refusal) : undefined;
      if (encoding === undefined) throw refusal;
      this.counts = new Map(this.counts).set(encoding, await this.port.countTokens(encoding));
      return this.reserve(question, tried);
    }
  }

  private worthCounting(refusal: LimitRefusedError): Encoding | undefined {
    const { provider, model, call } = refusal.decision;
    const { shape } = call;
    const encoding = encodingOf(provider, model);
    if (encoding === undefined || this.counts?.has(encoding) === true) return undefined;
    if (refusal.code !== 'token_limited' && refusal.code !== 'budget_exceeded') return undefined;
    if (shape.hasUnboundedInput || shape.bodyBytes > EXACT_COUNT_BYTES_MAX) return undefined;
    return mightFitTighter(refusal) ? encoding : undefined;
  }

  private async reserve(question: CallQuestion, tried: readonly Target[]): Promise<AdmittedCall<Hold>> {
    const asked = this.counts === undefined ? question : { ...question, counts: this.counts };
    let decision: CallDecision | undefined;
    const hold = await this.port.reserve((policy) => {
      decision = decideCall(policy, asked, tried);
      return decision;
    });
    return { hold, decision: decision as CallDecision };
  }
}
