import { catalogueEntry } from '../prices/catalogue-lookup.js';

/** How much a model can read and write: what bounds a call that does not bound itself. */
export interface ModelInfo {
  /** Window for input and output together. */
  readonly contextTokens: number;
  readonly outputTokensCeiling: number;
  /** Most tokens that one image of a request can become. */
  readonly imageTokensCeiling: number;
  /** False when the sizes are defaults: they then fill gaps, but do not cap what the caller asks for. */
  readonly known: boolean;
}

/**
 * Window of a model nobody knows: the largest that OpenAI, Anthropic and Google sell (1,050,000; see the bundled
 * catalogue). An answer cannot be longer than the window, so it is the default ceiling of the output too.
 */
const CONTEXT_TOKENS_DEFAULT = 1_050_000;

/**
 * The catalogue rounds windows: 32_000 for 32_768, 128_000 for 131_072, 1_000_000 for 1_050_000. Five per cent more
 * keeps the bound above the truth.
 */
const CONTEXT_SLACK = 1.05;

/** Image of a model nobody knows: gpt-4o-mini, the dearest documented, makes 2833 + 8 tiles x 5667 tokens of one. */
const IMAGE_TOKENS_DEFAULT = 48_169;
/** Tiled models: at most 8 tiles of 512 pixels; 85 + 8 x 170 tokens at gpt-4o, fewer at gpt-5 and the o series. */
const IMAGE_TOKENS_TILED = 1_445;
/** Patch models: 1536 patches times at most 2.46 (nano). */
const IMAGE_TOKENS_PATCHES = 3_779;
/** Since gpt-5.4 `detail: original` allows 10,000 patches; times at most 2.46. */
const IMAGE_TOKENS_ORIGINAL = 24_600;

interface Sizes {
  readonly outputTokens: number;
  readonly imageTokens: number;
}

/**
 * Output limits, which the price catalogue lacks: developers.openai.com/api/docs/models and
 * platform.claude.com/docs/en/about-claude/models, image costs: developers.openai.com/api/docs/guides/images-vision.
 * A name covers itself and what follows it after `-` or `:`; the longest name wins. A model that is not listed may
 * write until its window is full.
 */
const SIZES: Readonly<Record<string, Sizes>> = {
  'gpt-3.5-turbo': { outputTokens: 4_096, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-3.5-turbo-16k': { outputTokens: 16_385, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4': { outputTokens: 8_192, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4-32k': { outputTokens: 32_768, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4-turbo': { outputTokens: 4_096, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4.1': { outputTokens: 32_768, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4.1-mini': { outputTokens: 32_768, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-4.1-nano': { outputTokens: 32_768, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-4.5': { outputTokens: 16_384, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4o': { outputTokens: 16_384, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-4o-mini': { outputTokens: 16_384, imageTokens: IMAGE_TOKENS_DEFAULT },
  'chatgpt-4o': { outputTokens: 16_384, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-audio': { outputTokens: 16_384, imageTokens: IMAGE_TOKENS_TILED },
  'gpt-5': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-5-pro': { outputTokens: 272_000, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-5.1': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-5.2': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-5.3': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_PATCHES },
  'gpt-5.4': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_ORIGINAL },
  'gpt-5.5': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_ORIGINAL },
  'gpt-5.6': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_ORIGINAL },
  'gpt-6-astra': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_ORIGINAL },
  'gpt-6-luna': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_ORIGINAL },
  'gpt-6-sol': { outputTokens: 128_000, imageTokens: IMAGE_TOKENS_ORIGINAL },
  o1: { outputTokens: 100_000, imageTokens: IMAGE_TOKENS_TILED },
  'o1-mini': { outputTokens: 65_536, imageTokens: IMAGE_TOKENS_TILED },
  'o1-preview': { outputTokens: 32_768, imageTokens: IMAGE_TOKENS_TILED },
  o3: { outputTokens: 100_000, imageTokens: IMAGE_TOKENS_TILED },
  'o4-mini': { outputTokens: 100_000, imageTokens: IMAGE_TOKENS_PATCHES },
  'claude-3-haiku': { outputTokens: 4_096, imageTokens: IMAGE_TOKENS_DEFAULT },
  'claude-3-opus': { outputTokens: 4_096, imageTokens: IMAGE_TOKENS_DEFAULT },
  'claude-3-sonnet': { outputTokens: 4_096, imageTokens: IMAGE_TOKENS_DEFAULT },
  'claude-3-5-haiku': { outputTokens: 8_192, imageTokens: IMAGE_TOKENS_DEFAULT },
  'claude-3-5-sonnet': { outputTokens: 8_192, imageTokens: IMAGE_TOKENS_DEFAULT },
  'claude-haiku-4-5': { outputTokens: 64_000, imageTokens: IMAGE_TOKENS_DEFAULT },
  'claude-sonnet-4-5': { outputTokens: 64_000, imageTokens: IMAGE_TOKENS_DEFAULT },
};

/** Providers that serve the models above under their own names. */
const SIZED_PROVIDERS: ReadonlySet<string> = new Set(['openai', 'azure', 'anthropic']);

const MEMO_MAX = 4_096;
const memo = new Map<string, ModelInfo>();

/** Sizes of a model; generous defaults where they are not known, so that an estimate stays an upper bound. */
export function modelInfo(provider: string, model: string): ModelInfo {
  const key = `${provider.length} ${provider}/${model}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const info = findModelInfo(provider, model);
  if (memo.size >= MEMO_MAX) memo.clear();
  // Names come from callers; long ones are not worth remembering.
  if (key.length <= 512) memo.set(key, info);
  return info;
}

function findModelInfo(provider: string, model: string): ModelInfo {
  const entry = catalogueEntry(provider, model);
  const sizes = SIZED_PROVIDERS.has(provider) ? sizesOf(model.toLowerCase()) : undefined;
  const catalogueWindow = entry?.model.context_window;
  const contextTokens =
    catalogueWindow === undefined ? CONTEXT_TOKENS_DEFAULT : Math.ceil(catalogueWindow * CONTEXT_SLACK);
  return {
    contextTokens,
    outputTokensCeiling: Math.min(sizes?.outputTokens ?? contextTokens, contextTokens),
    imageTokensCeiling: sizes?.imageTokens ?? IMAGE_TOKENS_DEFAULT,
    known: catalogueWindow !== undefined,
  };
}

function sizesOf(model: string): Sizes | undefined {
  let best = '';
  for (const name of Object.keys(SIZES)) {
    if (name.length <= best.length || !model.startsWith(name)) continue;
    const next = model.charAt(name.length);
    if (next === '' || next === '-' || next === ':') best = name;
  }
  return SIZES[best];
}
