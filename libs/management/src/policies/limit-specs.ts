import {
  type CapRaise,
  limitKey,
  type LimitEntity,
  type LimitSpec,
  type LimitUnit,
  nanoUsdFromCents,
  type OnExceed,
  type TenantCalendar,
  windowSpecOf,
} from '@penstock/domain';
import type { BudgetEntity, BudgetRaiseEntity, RateLimitEntity } from '@penstock/entities';

import { RATE_LIMIT_KINDS, type RateLimitUnit, termsOfKind } from './rate-limit-kinds.js';

/** What a spec says of its owner, and to which calls the limit applies. */
export interface SpecOwner {
  readonly entity: LimitEntity;
  readonly id: string;
  readonly name: string;
  readonly match?: LimitSpec['match'];
}

export type BudgetTerms = Pick<
  BudgetEntity,
  | 'id'
  | 'seq'
  | 'maxLimitCents'
  | 'resetDuration'
  | 'anchorAt'
  | 'alignedFrom'
  | 'generation'
  | 'onExceed'
  | 'fallbackModel'
  | 'rolloverMaxCents'
>;

export type RateLimitTerms = Omit<
  RateLimitEntity,
  'virtualKeyId' | 'teamId' | 'customerId' | 'providerConfigId' | 'modelConfigId' | 'createdAt' | 'updatedAt'
>;

export type RaiseTerms = Pick<BudgetRaiseEntity, 'amountCents' | 'startsAt' | 'endsAt'>;

/** The budget as gateways enforce it. */
export function budgetSpec(
  budget: BudgetTerms,
  owner: SpecOwner,
  calendar: TenantCalendar,
  raises: readonly RaiseTerms[] = [],
): LimitSpec {
  const { resetDuration, anchorAt, alignedFrom } = budget;
  return {
    ...common('nano_usd', budget, owner),
    cap: nanoUsdFromCents(budget.maxLimitCents).toString(),
    generation: budget.generation,
    window: windowSpecOf(
      {
        durationText: resetDuration,
        anchorMs: anchorAt.getTime(),
        alignedFromMs: alignedFrom?.getTime() ?? null,
        isSliding: false,
      },
      calendar,
    ),
    durationText: resetDuration,
    ...(raises.length === 0 ? {} : { raises: raises.map(toCapRaise) }),
    ...(budget.rolloverMaxCents === null ? {} : { rolloverMax: nanoUsdFromCents(budget.rolloverMaxCents).toString() }),
  };
}

/** The limits that are set in a rate limit, as gateways enforce them. */
export function rateLimitSpecs(rateLimit: RateLimitTerms, owner: SpecOwner): LimitSpec[] {
  const specs = RATE_LIMIT_KINDS.map(({ unit }) => rateLimitSpec(rateLimit, unit, owner));
  return specs.filter((spec) => spec !== undefined);
}

/** One limit of a rate limit; undefined when it is not set. */
export function rateLimitSpec(rateLimit: RateLimitTerms, unit: RateLimitUnit, owner: SpecOwner): LimitSpec | undefined {
  if (unit === 'concurrent_requests') {
    if (rateLimit.concurrentMaxLimit === null) return undefined;
    const spec = { ...common(unit, rateLimit, owner), cap: rateLimit.concurrentMaxLimit };
    // Never reset: calls in flight give their places back to the counter that they took them from.
    return { ...spec, generation: 1, window: { kind: 'unending' }, durationText: '' };
  }
  const terms = termsOfKind(rateLimit, unit);
  if (terms.maxLimit === null || terms.resetDuration === null) return undefined;
  return {
    ...common(unit, rateLimit, owner),
    cap: terms.maxLimit,
    generation: terms.generation,
    window: windowSpecOf(
      {
        durationText: terms.resetDuration,
        anchorMs: terms.anchorAt.getTime(),
        alignedFromMs: null,
        isSliding: rateLimit.windowType === 'sliding',
      },
      // Only budgets follow the calendar.
      { timeZone: 'UTC', fiscalYearStartMonth: 1 },
    ),
    durationText: terms.resetDuration,
  };
}

/** The counter keys of a budget: what follows it into another tenant. */
export function budgetKey(budget: Pick<BudgetEntity, 'seq'>): string {
  return limitKey('nano_usd', BigInt(budget.seq));
}

/** The counter keys of a rate limit, whichever limits are set. */
export function rateLimitKeys(rateLimit: Pick<RateLimitEntity, 'seq'>): string[] {
  return RATE_LIMIT_KINDS.map(({ unit }) => limitKey(unit, BigInt(rateLimit.seq)));
}

function common(
  unit: LimitUnit,
  row: {
    readonly id: string;
    readonly seq: string;
    readonly onExceed: OnExceed;
    readonly fallbackModel: string | null;
  },
  owner: SpecOwner,
): Pick<
  LimitSpec,
  'key' | 'limitId' | 'unit' | 'entity' | 'entityId' | 'entityName' | 'match' | 'onExceed' | 'fallbackModel'
> {
  return {
    key: limitKey(unit, BigInt(row.seq)),
    limitId: row.id,
    unit,
    entity: owner.entity,
    entityId: owner.id,
    entityName: owner.name,
    ...(owner.match === undefined ? {} : { match: owner.match }),
    ...(row.onExceed === 'deny' ? {} : { onExceed: row.onExceed }),
    ...(row.fallbackModel === null ? {} : { fallbackModel: row.fallbackModel }),
  };
}

function toCapRaise({ amountCents, startsAt, endsAt }: RaiseTerms): CapRaise {
  return {
    amount: nanoUsdFromCents(amountCents).toString(),
    fromMs: startsAt.getTime(),
    untilMs: endsAt.getTime(),
  };
}
