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
