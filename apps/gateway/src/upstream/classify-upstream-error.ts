import { AppError } from '@penstock/domain';
import { RefusedAddressError } from '@penstock/platform';

import { ExchangeAbortedError } from './exchange.js';

const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** Turns a failed exchange into what the caller reads. The cause stays in the log. */
export function classifyUpstreamError(error: Error, provider: string): AppError {
  if (error instanceof ExchangeAbortedError) {
    return new AppError('upstream_unreachable', {
      detail: `The answer of the provider '${provider}' was not read to its end: ${error.message}.`,
      cause: error,
    });
  }
  if (error instanceof RefusedAddressError) {
    return new AppError('provider_credential_unusable', {
      detail: `The api_base of your organization's credential for the provider '${provider}' ${error.message}. Nothing was sent and nothing was charged; tell the operator.`,
      cause: error,
    });
  }
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new AppError('upstream_timeout', {
      detail: `The provider '${provider}' did not answer in time.`,
      cause: error,
    });
  }
  if (CONNECT_CODES.has(code)) {
    return new AppError('upstream_unreachable', {
      detail: `The provider '${provider}' cannot be reached. Nothing was sent and nothing was charged.`,
      cause: error,
    });
  }
  return new AppError('upstream_unreachable', {
    detail: `The connection to the provider '${provider}' broke before its answer was complete.`,
    cause: error,
  });
}
