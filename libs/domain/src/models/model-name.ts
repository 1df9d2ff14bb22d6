import { findProvider } from '@pydantic/genai-prices';
import { catalogueEntry } from '../prices/catalogue-lookup.js';

/** Splits `openai/gpt-4o` at the first slash; a bare name has no provider. */
export function splitModel(model: string): { provider?: string; model: string } {
  const slash = model.indexOf('/');
  if (slash < 0) return { model };
  return { provider: model.slice(0, slash), model: model.slice(slash + 1) };
}

/** Providers that make models, asked in this order for names that no provider's own pattern covers. */
const MAKERS = ['openai', 'anthropic', 'google', 'mistral', 'deepseek', 'x-ai', 'cohere', 'moonshotai', 'perplexity'];

const MEMO_MAX = 4_096;
const MODEL_NAME_LENGTH_MAX = 256;
const memo = new Map<string, string | null>();

/** The provider that a bare model name belongs to: `gpt-4o` -> `openai`. Undefined when the catalogue cannot tell. */
export function inferProvider(model: string): string | undefined {
  if (model === '' || model.length > MODEL_NAME_LENGTH_MAX) return undefined;
  const known = memo.get(model);
  if (known !== undefined) return known ?? undefined;
  const provider =
    findProvider({ modelId: model.toLowerCase() })?.id ??
    MAKERS.find((maker) => catalogueEntry(maker, model) !== undefined);
  if (memo.size >= MEMO_MAX) memo.clear();
  memo.set(model, provider ?? null);
  return provider;
}
