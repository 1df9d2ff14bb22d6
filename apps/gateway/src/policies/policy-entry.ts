import { IpRanges, type PriceState, resolvePrice } from '@penstock/domain';
import type { PolicySnapshot } from '@penstock/dto';

import { type LimitPlan, planLimits } from '../admission/limit-plan.js';

/** Prices are looked up again after this: an override may take effect without any change of policy. */
const PRICE_FRESH_MS = 1_000;

/**
 * A policy snapshot in this process's memory, with what is derived from it and used by call after call. Immutable in
 * its policy; a newer epoch is a new entry.
 */
export class PolicyEntry {
  private plan: LimitPlan | undefined;
  private readonly prices = new Map<string, { readonly state: PriceState; readonly readAtMs: number }>();

  /** Where the key may be used from; null: from everywhere. */
  readonly allowedIps: IpRanges | null;

  constructor(readonly snapshot: PolicySnapshot) {
    const { allowedIps } = snapshot;
    this.allowedIps = allowedIps === null || allowedIps.length === 0 ? null : IpRanges.parse(allowedIps);
  }

  /** The plan whose windows are current at `nowMs`. */
  planAt(nowMs: number): LimitPlan {
    const plan = this.plan;
    if (plan !== undefined && nowMs >= plan.validFromMs && nowMs < plan.validUntilMs) return plan;
    this.plan = planLimits(this.snapshot.limits, this.snapshot.epoch, nowMs);
    return this.plan;
  }

  /** The price of a model for this key's tenant at `nowMs`. */
  priceOf(provider: string, model: string, nowMs: number): PriceState {
    const name = `${provider}/${model}`;
    const known = this.prices.get(name);
    if (known !== undefined && nowMs - known.readAtMs < PRICE_FRESH_MS) return known.state;
    // Callers choose model names: without a bound they could fill the memory with them.
    if (this.prices.size >= 256) this.prices.clear();
    const state = resolvePrice(provider, model, nowMs, this.snapshot.priceOverrides);
    this.prices.set(name, { state, readAtMs: nowMs });
    return state;
  }
}
