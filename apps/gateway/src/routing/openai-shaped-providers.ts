import { KNOWN_PROVIDERS, type KnownProvider } from '@penstock/domain';

/** A provider that the environment can configure. */
export interface OpenAiShapedProvider extends KnownProvider {
  readonly variables: {
    readonly apiKey: 'OPENAI_API_KEY' | 'GROQ_API_KEY' | 'DEEPSEEK_API_KEY' | 'MISTRAL_API_KEY';
    readonly baseUrl: 'OPENAI_BASE_URL' | 'GROQ_BASE_URL' | 'DEEPSEEK_BASE_URL' | 'MISTRAL_BASE_URL';
  };
}

const VARIABLES: Readonly<Record<string, OpenAiShapedProvider['variables']>> = {
  openai: { apiKey: 'OPENAI_API_KEY', baseUrl: 'OPENAI_BASE_URL' },
  groq: { apiKey: 'GROQ_API_KEY', baseUrl: 'GROQ_BASE_URL' },
  deepseek: { apiKey: 'DEEPSEEK_API_KEY', baseUrl: 'DEEPSEEK_BASE_URL' },
  mistral: { apiKey: 'MISTRAL_API_KEY', baseUrl: 'MISTRAL_BASE_URL' },
};

/** Base URLs are the providers' documented ones; each can be replaced from the environment. */
export const OPENAI_SHAPED_PROVIDERS: readonly OpenAiShapedProvider[] = KNOWN_PROVIDERS.flatMap((provider) => {
  const variables = VARIABLES[provider.name];
  return variables === undefined ? [] : [{ ...provider, variables }];
});
