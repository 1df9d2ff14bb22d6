import type { CatalogueEntry } from './catalogue-entry.js';

/** Jobs of teams, and the calls that are made for them. */
export const jobErrors = {
  job_ended: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'The job is over.',
    remedy: 'Create another job; GET /api/jobs/{id} shows how this one ended.',
    explanation:
      'An end is final: a job that is completed, failed or cancelled takes no further calls and no other end. To ask for the same end again is no error, it gives the first answer again and charges nothing.',
    isRetryable: false,
    logLevel: 'info',
  },
  job_busy: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'A call of the job is not over yet.',
    remedy: 'Wait for the answers of its calls, then try again.',
    explanation:
      'What a job costs is known when its last call is accounted for, so it cannot end before. A call whose client left counts until the provider is done with it. A job that was made with its one call takes no other.',
    isRetryable: true,
    logLevel: 'info',
  },
  team_without_key: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'The team has no virtual key.',
    remedy: 'An operator can make another one: POST /api/teams/{id}/rotate-key.',
    explanation: 'Calls of jobs are made with the key of the team, and this one was deleted in the governance API.',
    isRetryable: false,
    logLevel: 'info',
  },
  upstream_rejected: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'The provider did not accept the request.',
    remedy: 'Correct what the message of the provider names.',
    explanation:
      'The call of a job reached a provider, which answered that the request itself is not valid. Its message is passed on. Nothing was charged.',
    isRetryable: false,
    logLevel: 'info',
  },
  upstream_failed: {
    status: 502,
    openAiType: 'server_error',
    title: 'The provider failed.',
    remedy: 'Try again after the time in Retry-After, if there is one; calls of a job may be repeated.',
    explanation:
      'The call of a job reached a provider, which could not serve it: it is overloaded, limits the operator, or broke. The failed call is part of the job. Nothing was charged.',
    isRetryable: true,
    logLevel: 'warn',
  },
} as const satisfies Record<string, CatalogueEntry>;
