/** A provider that speaks OpenAI's chat completions itself, so that bytes pass through untranslated. */
export interface KnownProvider {
  /** Its name in model prefixes, allow-lists and the price catalogue. */
  readonly name: string;
  /** Its documented address. */
  readonly baseUrl: string;
}

/**
 * Providers whose address need not be told. Anthropic and Gemini are reached where they speak OpenAI's protocol:
 * platform.claude.com/docs/en/api/openai-sdk and ai.google.dev/gemini-api/docs/openai.
 */
export const KNOWN_PROVIDERS: readonly KnownProvider[] = [
  { name: 'openai', baseUrl: 'https://api.openai.com/v1' },
  { name: 'groq', baseUrl: 'https://api.groq.com/openai/v1' },
  { name: 'deepseek', baseUrl: 'https://api.deepseek.com/v1' },
  { name: 'mistral', baseUrl: 'https://api.mistral.ai/v1' },
  { name: 'anthropic', baseUrl: 'https://api.anthropic.com/v1' },
  { name: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai' },
  { name: 'fireworks', baseUrl: 'https://api.fireworks.ai/inference/v1' },
];

/** What the price catalogue, and so a bare model name, calls a provider that others know by another name. */
const SAME_PROVIDER: ReadonlyMap<string, string> = new Map([['google', 'gemini']]);

const PROVIDER_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** The documented address of a provider; undefined for one that must be told. */
export function knownBaseUrlOf(provider: string): string | undefined {
  return KNOWN_PROVIDERS.find(({ name }) => name === provider)?.baseUrl;
}

/** One name for a provider that has two. */
export function sameProviderName(provider: string): string {
  return SAME_PROVIDER.get(provider) ?? provider;
}

/**
 * The name under which a provider is stored, from what somebody wrote in any case; undefined for what can be no name.
 * It must fit before the slash of a model name.
 */
export function providerNameFrom(text: string): string | undefined {
  const name = text.toLowerCase();
  return PROVIDER_NAME.test(name) ? sameProviderName(name) : undefined;
}
