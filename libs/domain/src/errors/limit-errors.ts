import type { CatalogueEntry } from './catalogue-entry.js';

/** A limit or budget decided; every such answer names it (see `explainRefusal`). */
export const limitErrors = {
  token_limited: {
    status: 429,
    openAiType: 'rate_limit_error',
    bifrostType: 'token_limited',
    title: 'A token limit does not leave room for this call.',
    remedy: 'Wait until the window ends, lower max_tokens, or ask an operator to raise the limit.',
    explanation:
      'The most tokens the call can use, input plus max_tokens (or the ceiling of the model), do not fit into what a token limit of the key, team or customer has left. Tokens of running calls are held until they finish.',
    isRetryable: true,
    logLevel: 'info',
  },
  request_limited: {
    status: 429,
    openAiType: 'rate_limit_error',
    bifrostType: 'request_limited',
    title: 'The request rate limit is reached.',
    remedy: 'Wait until the window ends, or ask an operator to raise the limit.',
    explanation: 'The key, team or customer has made as many calls as its request limit allows in the current window.',
    isRetryable: true,
    logLevel: 'info',
  },
  rate_limited: {
    status: 429,
    openAiType: 'rate_limit_error',
    bifrostType: 'rate_limited',
    title: 'Token and request rate limits are reached.',
    remedy: 'Wait until the windows end, or ask an operator to raise the limits.',
    explanation: 'Both a token limit and a request limit on the path of the call have no room for it.',
    isRetryable: true,
    logLevel: 'info',
  },
  concurrency_limited: {
    status: 429,
    openAiType: 'rate_limit_error',
    bifrostType: 'concurrency_limited',
    title: 'As many requests are running as the limit allows.',
    remedy: 'Wait until a running call ends, or ask an operator to raise the limit.',
    explanation:
      'A limit on concurrent requests of the key, team, customer, provider or model is taken up by calls in flight. A call gives its place back when it is settled; that of a gateway which died is given back when its hold is swept.',
    isRetryable: true,
    logLevel: 'info',
  },
  budget_exceeded: {
    status: 402,
    openAiType: 'insufficient_quota',
    bifrostType: 'budget_exceeded',
    title: 'A budget does not leave room for this call.',
    remedy: 'Wait until the budget renews, lower max_tokens, or ask an operator to raise the budget.',
    explanation:
      'The most the call can cost does not fit into what a budget of the key, team or customer has left. Money of running calls is held until they finish, so a budget is never overspent; a smaller max_tokens makes the worst case smaller.',
    isRetryable: false,
    logLevel: 'info',
  },
  credits_exhausted: {
    status: 402,
    openAiType: 'insufficient_quota',
    bifrostType: 'credits_exhausted',
    title: 'The credits of the team do not cover this.',
    remedy: 'Ask an operator to add credits to the team, or make the call smaller.',
    explanation:
      'Credits are prepaid. The most that the call, or the job, can take does not fit into what the team has left. Credits of running calls and jobs are held until they end, so no balance gets negative.',
    isRetryable: false,
    logLevel: 'info',
  },
  job_not_open: {
    status: 409,
    openAiType: 'invalid_request_error',
    bifrostType: 'job_not_open',
    title: 'The job that this call is part of has ended.',
    remedy: 'Create another job and make the call for that one.',
    explanation:
      'A job holds credits while it is open. Once it is completed, failed or cancelled it is charged, and nothing can be added to it any more.',
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
