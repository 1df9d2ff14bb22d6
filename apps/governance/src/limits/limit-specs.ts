import {
  limitKey,
  nanoUsdFromCents,
  parseDuration,
  windowAt,
  type LimitEntity,
  type LimitSpec,
  type LimitUnit,
  type Window,
} from '@penstock/domain';
import type { BudgetEntity, RateLimitEntity } from '@penstock/entities';

/** What a spec says of its owner. */
export interface SpecOwner {
  readonly entity: LimitEntity;
  readonly id: string;
  readonly name: string;
}

export type BudgetTerms = Pick<BudgetEntity, 'seq' | 'maxLimitCents' | 'resetDuration' | 'anchorAt' | 'generation'>;

export type RateLimitTerms = Pick<
  RateLimitEntity,
  | 'seq'
  | 'tokenMaxLimit'
  | 'tokenResetDuration'
  | 'tokenAnchorAt'
  | 'tokenGeneration'
  | 'requestMaxLimit'
  | 'requestResetDuration'
  | 'requestAnchorAt'
  | 'requestGeneration'
>;

interface Terms {
  readonly seq: string;
  readonly cap: string;
  readonly durationText: string;
  readonly anchorAt: Date;
  readonly generation: number;
}

/** The budget as gateways enforce it. */
export function budgetSpec(budget: BudgetTerms, owner: SpecOwner): LimitSpec {
  const cap = nanoUsdFromCents(budget.maxLimitCents).toString();
  return spec('nano_usd', owner, { ...budget, cap, durationText: budget.resetDuration });
}

/** The halves of a rate limit that are set, as gateways enforce them. */
export function rateLimitSpecs(rateLimit: RateLimitTerms, owner: SpecOwner): LimitSpec[] {
  return [tokenSpec(rateLimit, owner), requestSpec(rateLimit, owner)].filter((half) => half !== undefined);
}

/** The token half; undefined when tokens are not limited. */
export function tokenSpec(rateLimit: RateLimitTerms, owner: SpecOwner): LimitSpec | undefined {
  const { tokenMaxLimit, tokenResetDuration } = rateLimit;
  if (tokenMaxLimit === null || tokenResetDuration === null) return undefined;
  return spec('tokens', owner, {
    seq: rateLimit.seq,
    cap: tokenMaxLimit,
    durationText: tokenResetDuration,
    anchorAt: rateLimit.tokenAnchorAt,
    generation: rateLimit.tokenGeneration,
  });
}

/** The request half; undefined when requests are not limited. */
export function requestSpec(rateLimit: RateLimitTerms, owner: SpecOwner): LimitSpec | undefined {
  const { requestMaxLimit, requestResetDuration } = rateLimit;
  if (requestMaxLimit === null || requestResetDuration === null) return undefined;
  return spec('requests', owner, {
    seq: rateLimit.seq,
    cap: requestMaxLimit,
    durationText: requestResetDuration,
    anchorAt: rateLimit.requestAnchorAt,
    generation: rateLimit.requestGeneration,
  });
}

/** The counter keys of a budget: what follows it into another tenant. */
export function budgetKey(budget: Pick<BudgetEntity, 'seq'>): string {
  return limitKey('nano_usd', BigInt(budget.seq));
}

/** The counter keys of a rate limit, whichever halves are set. */
export function rateLimitKeys(rateLimit: Pick<RateLimitEntity, 'seq'>): string[] {
  return [limitKey('tokens', BigInt(rateLimit.seq)), limitKey('requests', BigInt(rateLimit.seq))];
}

/** The window that a duration and an anchor make of a moment. */
export function rollingWindowAt(durationText: string, anchorAt: Date, nowMs: number): Window {
  return windowAt({ kind: 'rolling', durationMs: parseDuration(durationText), anchorMs: anchorAt.getTime() }, nowMs);
}

function spec(unit: LimitUnit, owner: SpecOwner, terms: Terms): LimitSpec {
  return {
    key: limitKey(unit, BigInt(terms.seq)),
    unit,
    entity: owner.entity,
    entityId: owner.id,
    entityName: owner.name,
    cap: terms.cap,
    generation: terms.generation,
    window: { kind: 'rolling', durationMs: parseDuration(terms.durationText), anchorMs: terms.anchorAt.getTime() },
    durationText: terms.durationText,
  };
}
