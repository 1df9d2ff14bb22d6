import type { CatalogueEntry } from './catalogue-entry.js';

/** Bookings of credits that cannot be made. */
export const creditErrors = {
  idempotency_mismatch: {
    status: 409,
    openAiType: 'invalid_request_error',
    title: 'The idempotency key was used for another request.',
    remedy: 'Send the same request again, or use a new key for a new one.',
    explanation:
      'A key names one booking of an account for ever: the same request again is answered with it and books nothing. This request differs from the first in type, amount, job, reason, payment or grant. Nothing was booked.',
    isRetryable: false,
    logLevel: 'info',
  },
  credits_insufficient: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'There are not that many credits to take.',
    remedy: 'Take fewer credits; the message says how many there are. Credits of running calls and jobs are not free.',
    explanation:
      'Credits are taken back only from what is there and not spoken for: an overdraft is for calls and jobs. Nothing was booked.',
    isRetryable: false,
    logLevel: 'info',
  },
  credit_terms_invalid: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'Credits cannot be kept in this way.',
    remedy: 'Correct the field that the message names.',
    explanation:
      'A budget mode, rate, payment type or refill setting is not one of the possible ones, or an amount is none. Nothing was changed.',
    isRetryable: false,
    logLevel: 'info',
  },
  refund_too_large: {
    status: 400,
    openAiType: 'invalid_request_error',
    title: 'More cannot be refunded than was deducted.',
    remedy: 'Refund at most what the message names; to give credits for another reason, add them.',
    explanation:
      'All refunds of a job together are at most what the job was charged, and all refunds of a team at most what the team used. Nothing was booked.',
    isRetryable: false,
    logLevel: 'info',
  },
} as const satisfies Record<string, CatalogueEntry>;
