import type { CallShape } from '../estimate/call-shape.js';
import { catalogue, type ErrorCode } from '../errors/catalogue.js';
import { largestOutputThatFits } from '../estimate/estimate.js';
import { amountFor, type CallAmounts, type LimitEntity, type LimitSpec, type LimitUnit } from './limits.js';
import type { ModelInfo } from '../models/model-info.js';
import { formatUsd, nanoUsd } from '../money/money.js';
import type { PriceState } from '../prices/price-override.js';
import type { Window } from '../time/window.js';

/** One limit on the path of a refused call, as the caller gets it. Amounts are decimal integers in the unit. */
export interface LimitReport {
  readonly entity: LimitEntity;
  readonly entity_id: string;
  readonly entity_name: string;
  readonly unit: LimitUnit;
  readonly cap: string;
  /** Settled plus held by running calls. */
  readonly used: string;
  /** The part of `used` that running calls hold, where it was asked for. */
  readonly held?: string;
  readonly needed: string;
  /** Never negative: a cap lowered below the usage leaves nothing. */
  readonly remaining: string;
  readonly window: string;
  readonly window_started_at: string;
  readonly window_ends_at: string;
  /** This limit has no room for the call. */
  readonly decides: boolean;
}

/** Why a call was refused and what would help. */
export interface Refusal {
  readonly code: Extract<ErrorCode, 'token_limited' | 'request_limited' | 'rate_limited' | 'budget_exceeded'>;
  readonly status: number;
  /** One sentence that names the entity and the thing that ran out. */
  readonly sentence: string;
  /** Until every limit that decided has begun a new window. */
  readonly retryAfterMs: number;
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
  readonly call?: { readonly shape: CallShape; readonly info: ModelInfo; readonly price: PriceState };
  /** Part of each counter that running calls hold. */
  readonly held?: readonly bigint[];
}

interface Judged {
  readonly limit: LimitSpec;
  readonly window: Window;
  readonly cap: bigint;
  readonly used: bigint;
  readonly needed: bigint;
  readonly isExceeded: boolean;
  readonly report: LimitReport;
}

const ENTITY_ORDER: readonly LimitEntity[] = ['virtual_key', 'team', 'customer'];
const ENTITY_NAME: Readonly<Record<LimitEntity, string>> = {
  virtual_key: 'virtual key',
  team: 'team',
  customer: 'customer',
};

/**
 * Explains a refused reservation: which limit decided (rate limits before budgets, the key before its team before
 * its customer), by how much, until when, and what would help.
 *
 * @param windows of the limits, index by index; `counters` likewise: settled + held before this call.
 * @throws RangeError when every limit has room, because then nothing was to be refused.
 */
export function explainRefusal(
  limits: readonly LimitSpec[],
  windows: readonly Window[],
  counters: readonly bigint[],
  amounts: CallAmounts,
  nowMs: number,
  context: RefusalContext = {},
): Refusal {
  const judged = limits.map((limit, index) =>
    judge(limit, windows[index] as Window, counters[index] ?? 0n, amounts, context.held?.[index]),
  );
  const exceeded = judged.filter((one) => one.isExceeded).toSorted(inOrderOfDecision);
  const decided = exceeded[0];
  if (decided === undefined) throw new RangeError('Every limit has room for this call');

  const code = codeOf(exceeded, decided);
  const maxTokensThatFits = context.call === undefined ? undefined : outputThatFits(judged, context.call);
  return {
    code,
    status: catalogue[code].status,
    sentence: sentenceOf(code, decided),
    retryAfterMs: Math.max(0, ...exceeded.map((one) => one.window.endMs - nowMs)),
    decided: decided.report,
    limits: judged.map((one) => one.report),
    remedy: remedyOf(exceeded, maxTokensThatFits),
    ...(maxTokensThatFits === undefined ? {} : { maxTokensThatFits }),
  };
}

function judge(limit: LimitSpec, window: Window, used: bigint, amounts: CallAmounts, held: bigint | undefined): Judged {
  const cap = BigInt(limit.cap);
  const needed = amountFor(limit.unit, amounts);
  // A call that needs nothing of a limit is not refused by it: free models work when the budget is gone.
  const isExceeded = needed > 0n && used + needed > cap;
  return {
    limit,
    window,
    cap,
    used,
    needed,
    isExceeded,
    report: {
      entity: limit.entity,
      entity_id: limit.entityId,
      entity_name: limit.entityName,
      unit: limit.unit,
      cap: limit.cap,
      used: used.toString(),
      ...(held === undefined ? {} : { held: held.toString() }),
      needed: needed.toString(),
      remaining: remainingOf(cap, used).toString(),
      window: limit.durationText,
      window_started_at: new Date(window.startMs).toISOString(),
      window_ends_at: new Date(window.endMs).toISOString(),
      decides: isExceeded,
    },
  };
}

function inOrderOfDecision(one: Judged, other: Judged): number {
  return (
    Number(one.limit.unit === 'nano_usd') - Number(other.limit.unit === 'nano_usd') ||
    ENTITY_ORDER.indexOf(one.limit.entity) - ENTITY_ORDER.indexOf(other.limit.entity)
  );
}

function codeOf(exceeded: readonly Judged[], decided: Judged): Refusal['code'] {
  if (decided.limit.unit === 'nano_usd') return 'budget_exceeded';
  const isTokenLimited = exceeded.some((one) => one.limit.unit === 'tokens');
  const isRequestLimited = exceeded.some((one) => one.limit.unit === 'requests');
  if (isTokenLimited && isRequestLimited) return 'rate_limited';
  return isTokenLimited ? 'token_limited' : 'request_limited';
}

function remainingOf(cap: bigint, used: bigint): bigint {
  return used >= cap ? 0n : cap - used;
}

function outputThatFits(judged: readonly Judged[], call: NonNullable<RefusalContext['call']>): number | undefined {
  const room = (unit: LimitUnit): bigint | undefined =>
    judged
      .filter((one) => one.limit.unit === unit)
      .map((one) => remainingOf(one.cap, one.used))
      .reduce<bigint | undefined>((least, next) => (least === undefined || next < least ? next : least), undefined);
  if (judged.some((one) => one.limit.unit === 'requests' && one.isExceeded)) return undefined;
  const tokens = room('tokens');
  const costNanoUsd = room('nano_usd');
  return largestOutputThatFits(call.shape, call.info, call.price, {
    ...(tokens === undefined ? {} : { tokens }),
    ...(costNanoUsd === undefined ? {} : { costNanoUsd }),
  });
}

function sentenceOf(code: Refusal['code'], decided: Judged): string {
  const { limit, cap, used, needed } = decided;
  const owner = `${ENTITY_NAME[limit.entity]} "${limit.entityName}"`;
  const per = `per ${limit.durationText}`;
  const also = code === 'rate_limited' ? ' Token and request rate limits are both reached.' : '';
  switch (limit.unit) {
    case 'nano_usd':
      return (
        `The budget of ${owner} does not cover this call: ${usd(remainingOf(cap, used))} of ${usd(cap)} ${per} is left, ` +
        `and the call may cost up to ${usd(needed)}.`
      );
    case 'tokens':
      return (
        `The token limit of ${owner} does not leave room for this call: ${remainingOf(cap, used)} of ${cap} tokens ` +
        `${per} are left, and the call may use up to ${needed}.${also}`
      );
    case 'requests':
      return `The request rate of ${owner} is limited to ${cap} ${per}, and ${used} were made in this window.${also}`;
  }
}

function remedyOf(exceeded: readonly Judged[], maxTokensThatFits: number | undefined): string {
  const raise = 'ask an operator to raise the limit';
  const fits = maxTokensThatFits === undefined ? undefined : `lower max_tokens to ${maxTokensThatFits} or less`;
  if (exceeded.some((one) => one.needed > one.cap)) {
    // Waiting does not help: not even an unused window has room.
    const smaller = fits ?? 'send a shorter request with a smaller max_tokens';
    return `Waiting will not help, the call is larger than the whole limit: ${smaller}, or ${raise}.`;
  }
  const endsAt = new Date(Math.max(...exceeded.map((one) => one.window.endMs))).toISOString();
  const waits = `wait until the window ends at ${endsAt}`;
  const choices = fits === undefined ? [waits, raise] : [fits, waits, raise];
  const text = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}.`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Dollars without trailing zeros, but at least cents. */
function usd(value: bigint): string {
  return `$${formatUsd(nanoUsd(value)).replace(/(\.\d\d\d*?)0+$/, '$1')}`;
}
