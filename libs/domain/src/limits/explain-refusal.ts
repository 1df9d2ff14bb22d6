import type { CallShape } from '../estimate/call-shape.js';
import { catalogue, type ErrorCode } from '../errors/catalogue.js';
import { largestOutputThatFits } from '../estimate/estimate.js';
import { type JudgedLimit, judgeLimits, type LimitReport } from './judge-limits.js';
import type { LimitPlan } from './limit-plan.js';
import { type CallAmounts, LIMIT_ENTITIES, type LimitEntity, type LimitUnit } from './limits.js';
import type { Billing } from '../credits/billing.js';
import type { ModelInfo } from '../models/model-info.js';
import { formatUsd, nanoUsd } from '../money/money.js';
import type { PriceState } from '../prices/price-override.js';

/** Why a call was refused and what would help. */
export interface Refusal {
  readonly code: Extract<
    ErrorCode,
    | 'token_limited'
    | 'request_limited'
    | 'rate_limited'
    | 'concurrency_limited'
    | 'budget_exceeded'
    | 'credits_exhausted'
  >;
  readonly status: number;
  /** One sentence that names the entity and the thing that ran out. */
  readonly sentence: string;
  /**
   * Until every limit that decided has room again, if nothing else is admitted meanwhile. Absent where waiting does not
   * help: credits come from an operator.
   */
  readonly retryAfterMs?: number;
  readonly decided: LimitReport;
  readonly limits: readonly LimitReport[];
  /** What would help, in words. */
  readonly remedy: string;
  /** The largest `max_tokens` that would fit now, when one would. */
  readonly maxTokensThatFits?: number;
}

/** Facts that make an explanation better; none changes the decision. */
export interface RefusalContext {
  /** The refused call: allows to say which `max_tokens` would fit. */
  readonly call?: {
    readonly shape: CallShape;
    readonly info: ModelInfo;
    readonly price: PriceState;
    readonly billing?: Billing | undefined;
  };
  /** Part of each limit's usage that running calls hold. */
  readonly held?: readonly bigint[];
}

/** Waiting for a running call to end is not a matter of the clock; asking again soon is cheap. */
const CONCURRENCY_RETRY_MS = 1_000;

const ENTITY_NAME: Readonly<Record<LimitEntity, string>> = {
  model_config: 'model config',
  provider_config: 'provider config',
  virtual_key: 'virtual key',
  shared_budget: 'shared budget',
  team: 'team',
  customer: 'customer',
};

/**
 * Explains a refused reservation: which limit decided (rate limits before budgets, in the order of the entities), by
 * how much, until when, and what would help.
 *
 * @param totals of the plan's counters, position by position: settled + held before this call.
 * @throws RangeError when every limit has room, because then nothing was to be refused.
 */
export function explainRefusal(
  plan: LimitPlan,
  totals: readonly bigint[],
  amounts: CallAmounts,
  nowMs: number,
  context: RefusalContext = {},
): Refusal {
  const judged = judgeLimits(plan, totals, amounts, nowMs, context.held);
  const exceeded = judged.filter((one) => one.isExceeded).toSorted(inOrderOfDecision);
  const [decided] = exceeded;
  if (decided === undefined) throw new RangeError('Every limit has room for the call: there is nothing to explain');
  const code = codeOf(exceeded, decided);
  const maxTokensThatFits = context.call === undefined ? undefined : outputThatFits(judged, context.call);
  return {
    code,
    status: catalogue[code].status,
    sentence: sentenceOf(code, decided),
    ...(exceeded.some(isOutOfCredits)
      ? {}
      : { retryAfterMs: Math.max(0, ...exceeded.map((one) => waitMs(one, nowMs))) }),
    decided: decided.report,
    limits: judged.map((one) => one.report),
    remedy: remedyOf(exceeded, maxTokensThatFits),
    ...(maxTokensThatFits === undefined ? {} : { maxTokensThatFits }),
  };
}

function waitMs({ roomAtMs }: JudgedLimit, nowMs: number): number {
  return roomAtMs === undefined ? CONCURRENCY_RETRY_MS : roomAtMs - nowMs;
}

/** Money after what only passes, credits after money. */
const ORDER_OF_UNIT = (unit: LimitUnit): number => (unit === 'credits' ? 2 : Number(unit === 'nano_usd'));

function inOrderOfDecision(one: JudgedLimit, other: JudgedLimit): number {
  return (
    ORDER_OF_UNIT(one.limit.unit) - ORDER_OF_UNIT(other.limit.unit) ||
    LIMIT_ENTITIES.indexOf(one.limit.entity) - LIMIT_ENTITIES.indexOf(other.limit.entity)
  );
}

function codeOf(exceeded: readonly JudgedLimit[], decided: JudgedLimit): Refusal['code'] {
  if (decided.limit.unit === 'credits') return 'credits_exhausted';
  if (decided.limit.unit === 'nano_usd') return 'budget_exceeded';
  const isTokenLimited = exceeded.some((one) => isTokenUnit(one.limit.unit));
  const isRequestLimited = exceeded.some((one) => one.limit.unit === 'requests');
  if (isTokenLimited && isRequestLimited) return 'rate_limited';
  if (isTokenLimited) return 'token_limited';
  return isRequestLimited ? 'request_limited' : 'concurrency_limited';
}

function isOutOfCredits({ limit }: JudgedLimit): boolean {
  return limit.unit === 'credits';
}

function isTokenUnit(unit: LimitUnit): boolean {
  return unit === 'tokens' || unit === 'input_tokens' || unit === 'output_tokens';
}

/** Undefined where output is not what the call has too much of. */
function outputThatFits(judged: readonly JudgedLimit[], call: NonNullable<RefusalContext['call']>): number | undefined {
  const enforced = judged.filter(({ limit }) => limit.onExceed !== 'shadow');
  const isAboutCalls = (unit: LimitUnit): boolean => unit === 'requests' || unit === 'concurrent_requests';
  if (enforced.some((one) => isAboutCalls(one.limit.unit) && one.isExceeded)) return undefined;
  // Of a job only the sum of its calls is charged: what one of them may be is not worth the arithmetic.
  if (call.billing?.isOfJob === true && enforced.some((one) => isOutOfCredits(one) && one.isExceeded)) return undefined;
  const room = (unit: LimitUnit): bigint | undefined =>
    enforced
      .filter((one) => one.limit.unit === unit)
      .map((one) => one.remaining)
      .reduce<bigint | undefined>((least, next) => (least === undefined || next < least ? next : least), undefined);
  const tokens = room('tokens');
  const inputTokens = room('input_tokens');
  const outputTokens = room('output_tokens');
  const costNanoUsd = room('nano_usd');
  const credits = room('credits');
  const left = {
    ...(tokens === undefined ? {} : { tokens }),
    ...(inputTokens === undefined ? {} : { inputTokens }),
    ...(outputTokens === undefined ? {} : { outputTokens }),
    ...(costNanoUsd === undefined ? {} : { costNanoUsd }),
    ...(credits === undefined ? {} : { credits }),
  };
  return largestOutputThatFits(call.shape, call.info, call.price, left, call.billing);
}

const TOKENS_NAME: Readonly<Record<'tokens' | 'input_tokens' | 'output_tokens', string>> = {
  tokens: 'tokens',
  input_tokens: 'input tokens',
  output_tokens: 'output tokens',
};

function sentenceOf(code: Refusal['code'], { limit, standing, remaining, needed }: JudgedLimit): string {
  const owner = `${ENTITY_NAME[limit.entity]} "${limit.entityName}"`;
  const { cap, used } = standing;
  const per = `per ${limit.durationText}`;
  const also = code === 'rate_limited' ? ' Token and request rate limits are both reached.' : '';
  switch (limit.unit) {
    case 'nano_usd':
      return (
        `The budget of ${owner} does not cover this call: ${usd(remaining)} of ${usd(cap)} ${per} is left, ` +
        `and the call may cost up to ${usd(needed)}.`
      );
    case 'credits':
    case 'micro_credits':
      return (
        `The credits of ${owner} do not cover this call: ${remaining} of ${cap} ${cap === 1n ? 'credit is' : 'credits are'} ` +
        `left, and the call may take up to ${needed}.`
      );
    case 'requests':
      return `The request rate of ${owner} is limited to ${cap} ${per}, and ${used} were made in this window.${also}`;
    case 'concurrent_requests':
      return (
        `The request rate of ${owner} is limited to ${cap} concurrent ${cap === 1n ? 'request' : 'requests'}, ` +
        `and ${used} are running.`
      );
    default:
      return (
        `The token limit of ${owner} does not leave room for this call: ${remaining} of ${cap} ` +
        `${TOKENS_NAME[limit.unit]} ${per} are left, and the call may use up to ${needed}.${also}`
      );
  }
}

function remedyOf(exceeded: readonly JudgedLimit[], maxTokensThatFits: number | undefined): string {
  const areCreditsOut = exceeded.some(isOutOfCredits);
  const raise = areCreditsOut ? 'ask an operator to add credits to the team' : 'ask an operator to raise the limit';
  const fits = maxTokensThatFits === undefined ? undefined : `lower max_tokens to ${maxTokensThatFits} or less`;
  if (areCreditsOut) {
    return `Waiting will not help: ${fits === undefined ? '' : `${fits}, or `}${raise}.`;
  }
  if (exceeded.some((one) => one.needed > one.standing.cap)) {
    // Waiting does not help: not even an unused window has room.
    const smaller = fits ?? 'send a shorter request with a smaller max_tokens';
    return `Waiting will not help, the call is larger than the whole limit: ${smaller}, or ${raise}.`;
  }
  const choices = [...(fits === undefined ? [] : [fits]), waitingFor(exceeded), raise];
  const text = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function waitingFor(exceeded: readonly JudgedLimit[]): string {
  const times = exceeded.map(({ roomAtMs }) => roomAtMs).filter((atMs) => atMs !== undefined);
  if (times.length === 0) return 'wait until a running call ends';
  const at = new Date(Math.max(...times)).toISOString();
  const isSliding = exceeded.some(({ limit }) => limit.window.kind === 'sliding');
  return isSliding ? `wait until ${at}, when enough of the window has passed` : `wait until the window ends at ${at}`;
}

/** Dollars without trailing zeros, but at least cents. */
function usd(value: bigint): string {
  return `$${formatUsd(nanoUsd(value)).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
}
