import { catalogueEntry, catalogueProvider } from './catalogue-lookup.js';
import {
  effectiveOverride,
  type PriceOverride,
  type PriceState,
  priceOfOverride,
  UNKNOWN_PRICE,
} from './price-override.js';

const NO_OVERRIDES: readonly PriceOverride[] = [];

/**
 * The price of a model at a moment: the operator's override in force, else the bundled catalogue, else unknown.
 * `model` is the name without provider prefix.
 */
export function resolvePrice(
  provider: string,
  model: string,
  atMs: number,
  overrides: readonly PriceOverride[] = NO_OVERRIDES,
): PriceState {
  const override = overrides.length === 0 ? undefined : effectiveOverride(provider, model, atMs, overrides);
  if (override !== undefined) return priceOfOverride(override);
  return catalogueEntry(provider, model)?.prices.at(atMs) ?? UNKNOWN_PRICE;
}

/** Names of a provider's models in the bundled catalogue; empty for a provider it does not know. */
export function listCatalogueModels(provider: string): string[] {
  const models = catalogueProvider(provider)?.models ?? [];
  // Some ids only name a family of other names; a caller could not use them.
  return models.map((model) => model.id).filter((id) => catalogueEntry(provider, id)?.model.id === id);
}
