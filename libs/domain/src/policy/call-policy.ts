import type { Billing } from '../credits/billing.js';
import type { CreditTerms } from '../credits/credit-charge.js';
import type { ClientPricing } from '../prices/client-pricing.js';
import { ClientPrices } from '../prices/client-prices.js';
import type { PriceBookEntry, PricedModel } from '../prices/price-book.js';
import type { AliasPrice } from '../prices/resolve-client-pricing.js';
import type { PriceOverride, PriceState } from '../prices/price-override.js';
import { resolvePrice } from '../prices/resolve-price.js';
import { IpRanges } from './access/ip-ranges.js';
import { type LimitPlan, planLimits } from '../limits/limit-plan.js';
import { appliesTo, type LimitSpec } from '../limits/limits.js';
import type { ModelRoute } from '../routing/model-routes.js';
import type { ProviderConfig } from './access/provider-config.js';
import type { Suspension } from './access/suspension.js';
import type { CredentialProvider } from '../routing/credential-providers.js';

/** What a policy must say for a call of its key to be decided. */
export interface PolicyFacts {
  readonly epoch: number;
  readonly keyId: string;
  readonly keyName: string;
  readonly teamId: string | null;
  readonly isActive: boolean;
  /** Null: the team and the organization of the key are active, or it has none. */
  readonly suspension: Suspension | null;
  /** The end of the key or of its value, whichever is earlier; milliseconds since the epoch. */
  readonly expiresAtMs: number | null;
  /** Addresses and networks; null or empty: from everywhere. */
  readonly allowedIps: readonly string[] | null;
  readonly allowedModels: readonly string[] | null;
  readonly allowedProviders: readonly string[] | null;
  readonly providerConfigs: readonly ProviderConfig[];
  /** The only names that callers may use; null: any model by its own name. */
  readonly modelRoutes: readonly ModelRoute[] | null;
  /** Providers that the organization has a credential of its own for. */
  readonly providerCredentials: readonly CredentialProvider[];
  readonly limits: readonly LimitSpec[];
  readonly priceOverrides: readonly PriceOverride[];
  /** What the organization of the key pays instead of the provider's price: what is in force, or to come. */
  readonly priceBook: readonly PriceBookEntry[];
  /** How the credits of the team are used; null: it has none that could run out. */
  readonly credit: PolicyCredit | null;
}

/** {@link CreditTerms} as a snapshot carries them: JSON knows no bigint. */
export interface PolicyCredit {
  readonly mode: CreditTerms['mode'];
  /** Decimal integer: hundredths of a credit for one dollar of client cost. */
  readonly hundredthsPerDollar: string;
  /** Decimal integer. */
  readonly tokensPerCredit: string;
}

/** Prices are looked up again after this: an override may take effect without any change of policy. */
const PRICE_FRESH_MS = 1_000;
/** Callers choose model names: without a bound they could fill the memory with them. */
const MODELS_MAX = 256;

/** A policy with what is derived from it and used by call after call. Immutable: a newer epoch is another object. */
export class CallPolicy<Facts extends PolicyFacts = PolicyFacts> {
  /** By which limits apply, in most policies to every model alike. */
  private readonly plans = new Map<string, LimitPlan>();
  private readonly matching = new Map<string, { readonly key: string; readonly limits: readonly LimitSpec[] }>();
  /** Of every model, where no limit is about some models only. */
  private readonly alike: { readonly key: string; readonly limits: readonly LimitSpec[] } | undefined;
  private readonly prices = new Map<string, { readonly state: PriceState; readonly readAtMs: number }>();

  /** Where the key may be used from; null: from everywhere. */
  readonly allowedIps: IpRanges | null;

  private readonly credit: CreditTerms | undefined;
  private readonly clientPrices: ClientPrices;
  /** By alias; undefined where none has a price of its own. */
  private readonly aliasPrices: ReadonlyMap<string, AliasPrice> | undefined;

  constructor(readonly snapshot: Facts) {
    const { allowedIps, credit, limits, priceBook } = snapshot;
    this.clientPrices = new ClientPrices(priceBook);
    this.aliasPrices = aliasPricesOf(snapshot.modelRoutes);
    if (credit !== null) {
      this.credit = {
        mode: credit.mode,
        hundredthsPerDollar: BigInt(credit.hundredthsPerDollar),
        tokensPerCredit: BigInt(credit.tokensPerCredit),
      };
    }
    this.allowedIps = allowedIps === null || allowedIps.length === 0 ? null : IpRanges.parse(allowedIps);
    this.alike = limits.every(({ match }) => match === undefined) ? { key: '', limits } : undefined;
  }

  /** The plan of a call to a provider's model, whose windows are current at `nowMs`. */
  planAt(nowMs: number, provider: string, model: string): LimitPlan {
    const { key, limits } = this.limitsFor(provider, model);
    const known = this.plans.get(key);
    if (known !== undefined && nowMs >= known.validFromMs && nowMs < known.validUntilMs) return known;
    const plan = planLimits(limits, this.snapshot.epoch, nowMs);
    this.plans.set(key, plan);
    return plan;
  }

  /** The price of a model for this key's tenant at `nowMs`. */
  priceOf(provider: string, model: string, nowMs: number): PriceState {
    const name = `${provider}/${model}`;
    const known = this.prices.get(name);
    if (known !== undefined && nowMs - known.readAtMs < PRICE_FRESH_MS) return known.state;
    if (this.prices.size >= MODELS_MAX) this.prices.clear();
    const state = resolvePrice(provider, model, nowMs, this.snapshot.priceOverrides);
    this.prices.set(name, { state, readAtMs: nowMs });
    return state;
  }

  /**
   * How the team of this key pays for calls of a model at `nowMs`; undefined: what the provider bills, no credits.
   *
   * @param requested the model as the caller named it: an alias may have a price of its own.
   */
  billingOf({ provider, model }: PricedModel, requested: string, nowMs: number, isOfJob: boolean): Billing | undefined {
    const client = this.clientPricingOf(provider, model, nowMs, requested);
    if (client === undefined && this.credit === undefined) return undefined;
    return {
      ...(client === undefined ? {} : { client }),
      ...(this.credit === undefined ? {} : { credit: this.credit }),
      isOfJob,
    };
  }

  /** What the client pays for calls of a model at `nowMs`; undefined: what the provider bills. */
  clientPricingOf(provider: string, model: string, nowMs: number, requested = model): ClientPricing | undefined {
    const aliasPrice = this.aliasPrices?.get(requested);
    return this.clientPrices.pricingOf({ provider, model, aliasPrice }, nowMs, () =>
      this.priceOf(provider, model, nowMs),
    );
  }

  /** Which limits apply, and a key that models with the same limits share. */
  private limitsFor(provider: string, model: string): { readonly key: string; readonly limits: readonly LimitSpec[] } {
    if (this.alike !== undefined) return this.alike;
    const name = `${provider}/${model}`;
    let found = this.matching.get(name);
    if (found === undefined) {
      const applying = this.snapshot.limits.filter((limit) => appliesTo(limit, provider, model));
      found = { key: applying.map((limit) => limit.key).join(), limits: applying };
      if (this.matching.size >= MODELS_MAX) this.matching.clear();
      this.matching.set(name, found);
    }
    return found;
  }
}

/** The prices of aliases that have one; undefined where none has. */
function aliasPricesOf(routes: readonly ModelRoute[] | null): ReadonlyMap<string, AliasPrice> | undefined {
  const prices = new Map<string, AliasPrice>();
  for (const { name, kind, targets } of routes ?? []) {
    const price = kind === 'alias' ? targets[0]?.clientPrice : undefined;
    if (price !== undefined) prices.set(name, { alias: name, ...price });
  }
  return prices.size === 0 ? undefined : prices;
}
