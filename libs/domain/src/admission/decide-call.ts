import type { Billing } from '../credits/billing.js';
import { AppError } from '../errors/app-error.js';
import type { CallShape } from '../estimate/call-shape.js';
import { type Estimate, estimateCall } from '../estimate/estimate.js';
import { type Encoding, encodingOf } from '../estimate/token-count.js';
import { type ModelInfo, modelInfo } from '../models/model-info.js';
import { deniedBy, refuseKey, refuseModel } from '../policy/access/access-refusals.js';
import type { CallPolicy } from '../policy/call-policy.js';
import type { PriceState } from '../prices/price-override.js';
import { providersWith } from '../routing/credential-providers.js';
import { isOneOf, type Target } from '../routing/resolve-target.js';
import { type ConfiguredProviders, providerNotConfigured, routeCall } from '../routing/route-call.js';

/** A call that somebody wants to make. */
export interface CallQuestion {
  /** As the caller named it. */
  readonly model: string;
  readonly shape: CallShape;
  /** The gateway's own; what the key's organization has credentials for comes on top. */
  readonly providers: ConfiguredProviders;
  /** Uniform in [0, 1): decides between providers that share the calls. */
  readonly draw: number;
  readonly nowMs: number;
  /** Where the call comes from; null: that is not the question. */
  readonly clientIp: string | null;
  /** Tokens of the text, by vocabulary: they take the place of its bytes where the vocabulary is the model's. */
  readonly counts?: ReadonlyMap<Encoding, number>;
  /** The answer is limited to this, whatever the caller asked for. */
  readonly maxTokens?: number;
  /** The counter of the job that the call is part of. */
  readonly jobCounterId?: string;
  /** Of the targets that the model leads to only this one is meant, as long as it leads there. */
  readonly only?: Target;
  /** Targets that are out of the question because they have failed. */
  readonly failed?: readonly Target[];
}

const NONE: readonly Target[] = [];

/** A call that access and price allow, and what it takes from the limits at most. */
export interface CallDecision extends Target, Pick<Estimate, 'amounts'> {
  /** What the amounts were estimated for. */
  readonly call: {
    readonly shape: CallShape;
    readonly info: ModelInfo;
    readonly price: PriceState;
    /** How the team pays; undefined: what the provider bills. */
    readonly billing: Billing | undefined;
  };
  /** Version of the price; null when it is unknown. */
  readonly priceId: string | null;
  /** See {@link CallQuestion.maxTokens}. */
  readonly maxTokens: number | undefined;
  /** Where else the model leads, in order, but for what was tried before. */
  readonly others: readonly Target[];
}

/**
 * Decides about a call but for what the limits have left: where it goes, whether the key may, what it costs at worst.
 * The one place where this is decided, for calls and for explanations alike.
 *
 * @param tried targets that are not to be chosen again.
 * @throws AppError with the refusal of the first target, when none is left that could be called.
 */
export function decideCall(policy: CallPolicy, question: CallQuestion, tried: readonly Target[] = NONE): CallDecision {
  refuseKey(policy, question);
  const { only, model, draw } = question;
  const providers = providersWith(policy.snapshot.providerCredentials, question.providers);
  const routed = routeCall(policy.snapshot, model, providers, draw);
  const targets = only !== undefined && isOneOf(routed, only) ? [only] : routed;
  let refusal: unknown;
  for (let index = 0; index < targets.length; index += 1) {
    const target = targets[index] as Target;
    if (isOneOf(tried, target)) continue;
    const others = index + 1 === targets.length ? NONE : targets.slice(index + 1).filter((one) => !isOneOf(tried, one));
    try {
      return decideTarget(policy, target, question, others, providers);
    } catch (error) {
      refusal ??= error;
    }
  }
  throw refusal instanceof Error ? refusal : new AppError('model_not_found');
}

function decideTarget(
  policy: CallPolicy,
  target: Target,
  question: CallQuestion,
  others: readonly Target[],
  providers: ConfiguredProviders,
): CallDecision {
  const { provider, model } = target;
  refuseModel(policy.snapshot, target);
  if (!providers.has(provider)) throw providerNotConfigured(provider, providers);
  const price = policy.priceOf(provider, model, question.nowMs);
  const shape = shapeFor(question, target);
  if (policy.planAt(question.nowMs, provider, model).hasBudget) refuseUnbounded(policy, price, shape, target);
  const billing = policy.billingOf(target, question.model, question.nowMs, question.jobCounterId !== undefined);
  if (billing?.credit?.mode === 'consumption_usd') {
    refuseUnbounded(policy, billing.client === undefined ? price : billing.client.price, shape, target);
  }
  const info = modelInfo(provider, model);
  const { amounts } = estimateCall(shape, info, price, billing);
  const { maxTokens } = question;
  const call = { shape, info, price, billing };
  return { provider, model, amounts, priceId: priceIdOf(price), call, maxTokens, others };
}

function shapeFor({ shape, counts, maxTokens }: CallQuestion, { provider, model }: Target): CallShape {
  if (counts === undefined && maxTokens === undefined) return shape;
  const encoding = encodingOf(provider, model);
  const textTokensCeiling = encoding === undefined ? undefined : counts?.get(encoding);
  return {
    ...shape,
    ...(textTokensCeiling === undefined ? {} : { textTokensCeiling }),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
  };
}

/** A budget can be kept only over calls whose price is known. @throws AppError `model_unpriced` */
function refuseUnbounded(policy: CallPolicy, price: PriceState, shape: CallShape, target: Target): void {
  if (price.state === 'unknown') {
    throw new AppError('model_unpriced', {
      detail: `No price is known for '${target.provider}/${target.model}', so a budget or the credits on the path of this key could not be kept. An operator can set a price for it.`,
      fields: [{ path: 'model', reason: 'has no price' }],
      data: { denied_by: deniedBy(policy.snapshot, 'price') },
    });
  }
  if (shape.hasPremiumTier === true) {
    throw new AppError('model_unpriced', {
      detail:
        'The service_tier of this request is billed above the list price, so a budget or the credits on the path of this key could not be kept. Leave it out, or use "auto", "default" or "flex".',
      fields: [{ path: 'service_tier', reason: 'has no known price' }],
      data: { denied_by: deniedBy(policy.snapshot, 'price'), allowed: ['auto', 'default', 'flex'] },
    });
  }
}

function priceIdOf(price: PriceState): string | null {
  if (price.state === 'priced') return price.price.id;
  return price.state === 'free' ? 'free' : null;
}
