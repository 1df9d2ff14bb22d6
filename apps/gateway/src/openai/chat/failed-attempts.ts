import { AppError, type ErrorCode, type Target } from '@penstock/domain';

import { parseJson } from './provider-answer.js';

/** An attempt to have a call served that failed before anything of an answer reached the caller. */
export interface FailedAttempt extends Target {
  readonly code: ErrorCode;
  /** Of the provider's answer; null when none began. */
  readonly status: number | null;
  /** What happened, for the caller. */
  readonly message: string;
  /** The provider may have worked on it, so that it was charged at what was reserved. */
  readonly isCharged: boolean;
  /** When the provider says to try again; null when it does not say. */
  readonly retryAfterMs: number | null;
}

/** The refusals of a provider that say nothing about the request: another target may well serve it. */
const REFUSALS_OF_PROVIDER: ReadonlySet<number> = new Set([
  401, // the credential is ours
  402, // so is the account
  403,
  408,
  409, // what OpenAI answers while it is busy with a resource; its own clients try again
  429,
]);

/**
 * Whether a call whose provider answered with this may be sent to another target. What is wrong with the request itself
 * would be wrong everywhere (400, 404, 413, 422), but a 404 that says that this provider lacks the model.
 */
export function isWorthAnotherTarget(status: number, body: Buffer[]): boolean {
  if (status >= 500 || REFUSALS_OF_PROVIDER.has(status)) return true;
  if (status !== 404) return false;
  const error = parseJson(body)?.['error'];
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 'model_not_found';
}

/** An attempt that could not be sent, which is free. */
export function unsentAttempt({ provider, model }: Target, error: AppError): FailedAttempt {
  return {
    provider,
    model,
    code: error.code,
    status: null,
    message: messageOf(error),
    isCharged: false,
    retryAfterMs: null,
  };
}

/**
 * An attempt that the provider answered with an HTTP error; it is free.
 *
 * @param refusal of our credential, in words for the caller.
 */
export function refusedAttempt(
  { provider, model }: Target,
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  refusal?: AppError,
): FailedAttempt {
  return {
    provider,
    model,
    code: refusal?.code ?? (status === 429 ? 'upstream_rate_limited' : 'upstream_failed'),
    status,
    message: refusal === undefined ? `The provider '${provider}' answered with status ${status}.` : messageOf(refusal),
    isCharged: false,
    retryAfterMs: retryAfterMs(headers),
  };
}

/**
 * What the caller of a call reads whose attempts have all failed: the last failure, for limits of the provider only if
 * there was nothing else, and all that was tried.
 *
 * @param next why there was no further attempt, where another target was left.
 */
export function upstreamFailure(attempts: readonly FailedAttempt[], next?: AppError): AppError {
  const telling = attempts.findLast(({ code }) => code !== 'upstream_rate_limited') ?? attempts.at(-1);
  if (telling === undefined) throw new Error('nothing was tried');
  const { code } = telling;
  const waits = attempts.flatMap(({ retryAfterMs: wait }) => (wait === null ? [] : [wait]));
  const last = next === undefined ? '' : ` The next one was not tried: ${messageOf(next)}`;
  return new AppError(code, {
    detail:
      (attempts.length === 1
        ? telling.message
        : `${attempts.length} attempts failed. ${attempts.map(({ message }) => message).join(' ')}`) + last,
    data: {
      tried: attempts.map(({ provider, model, code: reason, status, message, isCharged }) => ({
        provider,
        model,
        code: reason,
        status,
        message,
        charged: isCharged,
      })),
      ...(next === undefined ? {} : { not_tried: { code: next.code, message: messageOf(next) } }),
      ...(code === 'upstream_rate_limited' && waits.length > 0 ? { retry_after_ms: Math.min(...waits) } : {}),
    },
  });
}

function messageOf(error: AppError): string {
  return error.detail ?? error.message;
}

/** `retry-after-ms`, else `retry-after` in seconds; dates are not read. */
function retryAfterMs(headers: Readonly<Record<string, string | string[] | undefined>>): number | null {
  for (const [name, unitMs] of [
    ['retry-after-ms', 1],
    ['retry-after', 1_000],
  ] as const) {
    const value = headers[name];
    if (typeof value === 'string' && /^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * unitMs);
  }
  return null;
}
