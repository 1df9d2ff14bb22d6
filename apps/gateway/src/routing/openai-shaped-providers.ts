/** A provider that speaks OpenAI's chat completions itself, so that bytes pass through untranslated. */
export interface OpenAiShapedProvider {
  /** Its name in model prefixes, allow-lists and the price catalogue. */
  readonly name: string;
  readonly baseUrl: string;
  readonly variables: {
    readonly apiKey: 'OPENAI_API_KEY' | 'GROQ_API_KEY' | 'DEEPSEEK_API_KEY' | 'MISTRAL_API_KEY';
    readonly baseUrl: 'OPENAI_BASE_URL' | 'GROQ_BASE_URL' | 'DEEPSEEK_BASE_URL' | 'MISTRAL_BASE_URL';
  };
}

/** Base URLs are the providers' documented ones; each can be replaced from the environment. */
export const OPENAI_SHAPED_PROVIDERS: readonly OpenAiShapedProvider[] = [
  {
    name: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    variables: { apiKey: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL' },
  },
  {
    name: 'groq',
    baseUrl: 'https://api.groq.com/openai/v1',
    variables: { apiKey: 'GROQ_API_KEY', baseUrl: 'GROQ_BASE_URL' },
  },
  {
    name: 'deepseek',
    baseUrl: 'https://api.deepseek.com/v1',
    variables: { apiKey: 'DEEPSEEK_API_KEY', baseUrl: 'DEEPSEEK_BASE_URL' },
  },
  {
    name: 'mistral',
    baseUrl: 'https://api.mistral.ai/v1',
    variables: { apiKey: 'MISTRAL_API_KEY', baseUrl: 'MISTRAL_BASE_URL' },
  },
];
