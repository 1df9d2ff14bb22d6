import { calcPrice, findProvider, type ModelInfo as CatalogueModel, type Provider } from '@pydantic/genai-prices';
import { CataloguePrices } from './catalogue-price.js';

/** What the bundled catalogue says about one model of one provider. */
export interface CatalogueEntry {
  readonly model: CatalogueModel;
  readonly prices: CataloguePrices;
}

/** Names that other gateways use for the catalogue's providers. */
const PROVIDER_ALIASES: ReadonlyMap<string, string> = new Map([
  ['bedrock', 'aws'],
  ['gemini', 'google'],
  ['vertex', 'google'],
  ['vertexai', 'google'],
  ['xai', 'x-ai'],
]);

/** Names come from callers, so the memory for them is bounded in count and in length. */
const MEMO_MAX = 4_096;
const MODEL_NAME_LENGTH_MAX = 256;
const memo = new Map<string, CatalogueEntry | null>();

/**
 * Finds a model by the catalogue's own match rules; undefined when it has none.
 * A look-up costs the catalogue about 10 us, the memory makes it a hash look-up.
 */
export function catalogueEntry(provider: string, model: string): CatalogueEntry | undefined {
  if (model.length > MODEL_NAME_LENGTH_MAX) return undefined;
  // The length keeps a slash or space within a provider's name from naming another pair.
  const key = `${provider.length} ${provider}/${model}`;
  const known = memo.get(key);
  if (known !== undefined) return known ?? undefined;
  const entry = findEntry(provider, model);
  if (memo.size >= MEMO_MAX) memo.clear();
  memo.set(key, entry ?? null);
  return entry;
}

function findEntry(provider: string, model: string): CatalogueEntry | undefined {
  const known = catalogueProvider(provider);
  if (known === undefined) return undefined;
  const found = calcPrice({}, model, { providerId: known.id });
  return found === null ? undefined : { model: found.model, prices: new CataloguePrices(known.id, found.model) };
}

/**
 * The provider of exactly this id or alias. The catalogue also matches provider names by substring, which would
 * price a `my-openai-clone` like OpenAI.
 */
export function catalogueProvider(provider: string): Provider | undefined {
  const id = PROVIDER_ALIASES.get(provider) ?? provider;
  const found = findProvider({ providerId: id });
  return found?.id === id ? found : undefined;
}
