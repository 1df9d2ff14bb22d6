import type { CatalogueEntry } from './catalogue-entry.js';

/** Credentials that organizations bring for providers. */
export const providerErrors = {
  provider_credential_unusable: {
    status: 503,
    openAiType: 'server_error',
    bifrostType: 'provider_credential_unusable',
    title: "The organization's credential for the provider cannot be used.",
    remedy: 'An operator should save the credential again, or check PENSTOCK_ENCRYPTION_KEYS of the gateways.',
    explanation:
      'The organization has a credential of its own for this provider, and the gateway cannot open it or may not connect to its address: the encryption key that sealed it is not in PENSTOCK_ENCRYPTION_KEYS of the gateway, the row was altered, or its api_base is not allowed by PENSTOCK_PROVIDER_ALLOWED_NETWORKS there. The call is never sent with the key of the gateway instead. Nothing was sent and nothing was charged.',
    isRetryable: false,
    logLevel: 'error',
  },
  provider_credential_refused: {
    status: 502,
    openAiType: 'server_error',
    bifrostType: 'provider_credential_refused',
    title: "The provider refused the organization's credential.",
    remedy: 'An operator should save the key that the provider has issued, or deactivate the credential.',
    explanation:
      'The provider answered 401 or 403 to the key that the organization has saved for it. The virtual key of the caller is fine, and nothing was charged.',
    isRetryable: false,
    logLevel: 'warn',
  },
  provider_unsupported: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'Calls to this provider are not possible.',
    remedy: 'Use a provider of the list, or give api_base for another one that speaks the API of OpenAI.',
    explanation:
      "The gateway speaks the chat completions of OpenAI and knows the addresses of a few providers. Any other provider of that protocol needs its address, and a name of lower-case letters, digits, '.', '_' and '-'.",
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
