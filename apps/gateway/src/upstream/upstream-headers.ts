import type { IncomingHttpHeaders } from 'node:http';

import type { Provider } from '../routing/providers.js';

/** Headers of the caller that a provider may need. Everything else, credentials above all, stays here. */
const REQUEST_PASSED = ['openai-beta', 'idempotency-key', 'accept-language'] as const;

/** Headers of a provider that a caller may need. Its rate limits and cookies are the operator's, not the caller's. */
const RESPONSE_PASSED = ['openai-processing-ms', 'openai-version', 'retry-after', 'retry-after-ms'] as const;

/** Headers of the request to the provider. */
export function toProviderHeaders(
  provider: Provider,
  caller: IncomingHttpHeaders,
  requestId: string,
  isStream: boolean,
): Record<string, string> {
  const headers: Record<string, string> = {
    authorization: provider.authorization,
    'content-type': 'application/json',
    accept: isStream ? 'text/event-stream' : 'application/json',
    // The tap must be able to read what passes by.
    'accept-encoding': 'identity',
    'x-request-id': requestId,
  };
  for (const name of REQUEST_PASSED) {
    const value = caller[name];
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** Copies what the caller may see of the provider's answer. */
export function fromProviderHeaders(provider: IncomingHttpHeaders, into: Record<string, string>): void {
  for (const name of RESPONSE_PASSED) {
    const value = provider[name];
    if (typeof value === 'string') into[name] = value;
  }
  const id = provider['x-request-id'];
  if (typeof id === 'string') into['x-upstream-request-id'] = id;
}
