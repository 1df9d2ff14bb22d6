import { catalogueEntry, catalogueProvider } from './catalogue-lookup.js';
import type { CompiledPrice } from './compiled-price.js';
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

const CATALOGUE_ID = /^genai-prices@[^:]+:([^/]+)\/(.+?)(?:#\d+)?$/s;
const OVERRIDE_ID = /^override:(.+)$/s;

/**
 * The price that the ledger names, as it was when calls were accounted with it; undefined when it cannot be known any
 * more: an operator deleted it, or it is of another version of the bundled catalogue.
 */
export function priceOfId(id: string, overrides: readonly PriceOverride[]): CompiledPrice | undefined {
  const [, overrideId] = OVERRIDE_ID.exec(id) ?? [];
  if (overrideId !== undefined) {
    const override = overrides.find((one) => one.id === overrideId);
    const state = override === undefined ? UNKNOWN_PRICE : priceOfOverride(override);
    return state.state === 'priced' ? state.price : undefined;
  }
  const [, provider, model] = CATALOGUE_ID.exec(id) ?? [];
  if (provider === undefined || model === undefined) return undefined;
  return catalogueEntry(provider, model)?.prices.withId(id);
}

/** Providers of the bundled catalogue, which does not list them itself. */
export const CATALOGUE_PROVIDERS: readonly string[] = [
  'anthropic arcee avian aws azure baseten cerebras cloudflare cohere cursor deepseek doubleword fireworks',
  'github-copilot google groq huggingface_cerebras huggingface_fireworks-ai huggingface_groq',
  'huggingface_hyperbolic huggingface_nebius huggingface_novita huggingface_nscale huggingface_ovhcloud',
  'huggingface_publicai huggingface_sambanova huggingface_together minimax mistral modal moonshotai novita',
  'openai openrouter ovhcloud perplexity quicksilverpro together typesafe voyageai x-ai zai zhipuai',
].flatMap((line) => line.split(' '));

/** Names of a provider's models in the bundled catalogue; empty for a provider it does not know. */
export function listCatalogueModels(provider: string): string[] {
  const models = catalogueProvider(provider)?.models ?? [];
  // Some ids only name a family of other names; a caller could not use them.
  return models.map((model) => model.id).filter((id) => catalogueEntry(provider, id)?.model.id === id);
}
