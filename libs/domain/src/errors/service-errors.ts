import type { CatalogueEntry } from './catalogue-entry.js';

/** The house or a provider could not do its part. */
export const serviceErrors = {
  store_unavailable: {
    status: 503,
    openAiType: 'server_error',
    bifrostType: 'store_unavailable',
    title: 'Limits cannot be checked at the moment.',
    remedy: 'Try again after the time in Retry-After.',
    explanation:
      'Redis did not answer within its deadline, so the gateway cannot prove that the call fits its budgets and refuses it. Nothing was sent to the provider. Check the Redis address, its memory policy and its latency.',
    isRetryable: true,
    logLevel: 'error',
  },
  policy_unavailable: {
    status: 503,
    openAiType: 'server_error',
    bifrostType: 'policy_unavailable',
    title: 'The policy of this key cannot be read at the moment.',
    remedy: 'Try again after the time in Retry-After.',
    explanation:
      'The key is in neither the memory of the gateway nor Redis, and the governance service did not answer. "Cannot verify" is not "not valid": the key may well be good.',
    isRetryable: true,
    logLevel: 'error',
  },
  upstream_unreachable: {
    status: 502,
    openAiType: 'server_error',
    bifrostType: 'upstream_unreachable',
    title: 'The provider cannot be reached.',
    remedy: 'Try again; if it persists, an operator should check the base URL of the provider and the network.',
    explanation:
      'No connection could be made, or it broke before an answer began. What was reserved is released when the request surely did not arrive, else charged at the estimate.',
    isRetryable: true,
    logLevel: 'warn',
  },
  upstream_timeout: {
    status: 504,
    openAiType: 'server_error',
    bifrostType: 'upstream_timeout',
    title: 'The provider did not answer in time.',
    remedy: 'Try again, with a smaller max_tokens or streaming for long answers.',
    explanation:
      'The provider accepted the request and sent nothing within the deadline. It may have worked on it, so the call is charged at the estimate and marked as estimated.',
    isRetryable: true,
    logLevel: 'warn',
  },
  upstream_failed: {
    status: 502,
    openAiType: 'server_error',
    bifrostType: 'upstream_failed',
    title: 'The provider answered with an error, and no other target could serve the call.',
    remedy: 'Try again; if it persists, `tried` says to an operator what is wrong with which provider.',
    explanation:
      'The name that was called leads to more than one target, and each that was tried failed before anything reached the caller; `tried` has every attempt with its status. What a provider refuses with an HTTP error is free. Where a target was left that could not be tried, `not_tried` says why, such as a budget without room. The error of the only target of a call is passed on as it is instead.',
    isRetryable: true,
    logLevel: 'warn',
  },
  upstream_rate_limited: {
    status: 429,
    openAiType: 'rate_limit_error',
    bifrostType: 'upstream_rate_limited',
    title: 'Every target of the call is limited by its provider at the moment.',
    remedy: 'Try again after the time in Retry-After; operators can add targets, or have the limits raised there.',
    explanation:
      "The providers themselves answered 429 to every attempt: the operators' own accounts there are at their limits, not the caller's key. `tried` has every attempt; the time to wait is the shortest that a provider named.",
    isRetryable: true,
    logLevel: 'info',
  },
  upstream_malformed: {
    status: 502,
    openAiType: 'server_error',
    bifrostType: 'upstream_malformed',
    title: 'The provider sent an answer that cannot be understood.',
    remedy: 'Try again; if it persists, report the request id to an operator.',
    explanation:
      'The answer was not the protocol it claimed to be, such as a success status with a body that is no JSON.',
    isRetryable: true,
    logLevel: 'warn',
  },
  service_unavailable: {
    status: 503,
    openAiType: 'server_error',
    title: 'The service behind this address cannot be reached at the moment.',
    remedy: 'Try again after the time in Retry-After; if it persists, check that the service runs.',
    explanation:
      'The gateway passes management requests on to the service that owns them, and that one did not answer. Whether a change was made is unknown only if the connection broke after it was sent; calls of applications are not affected.',
    isRetryable: true,
    logLevel: 'warn',
  },
  overloaded: {
    status: 503,
    openAiType: 'server_error',
    bifrostType: 'overloaded',
    title: 'This gateway has as much work as it can hold.',
    remedy: 'Try again after the time in Retry-After; operators can add gateway replicas.',
    explanation: 'A bound on calls in flight is reached. Shedding early keeps the calls that were admitted fast.',
    isRetryable: true,
    logLevel: 'warn',
  },
  shutting_down: {
    status: 503,
    openAiType: 'server_error',
    bifrostType: 'shutting_down',
    title: 'This process is shutting down.',
    remedy: 'Try again; another replica answers.',
    explanation:
      'The process finishes the calls it has and takes no new ones. Load balancers should have stopped sending.',
    isRetryable: true,
    logLevel: 'info',
  },
  database_unavailable: {
    status: 503,
    openAiType: 'server_error',
    title: 'The database cannot be reached at the moment.',
    remedy: 'Try again after the time in Retry-After.',
    explanation:
      'PostgreSQL did not answer. Nothing was half-written: every change is one transaction. Calls through the gateway go on meanwhile.',
    isRetryable: true,
    logLevel: 'error',
  },
  internal_unexpected: {
    status: 500,
    openAiType: 'server_error',
    bifrostType: 'internal_error',
    title: 'Something went wrong on our side.',
    remedy: 'Try again; if it persists, report the request id to an operator.',
    explanation:
      'An error nobody foresaw. The log has it with its stack under the request id; the answer has nothing of it.',
    isRetryable: false,
    logLevel: 'error',
  },
} as const satisfies Record<string, CatalogueEntry>;
