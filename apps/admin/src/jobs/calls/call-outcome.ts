import { AppError } from '@penstock/domain';

import { attemptIdsOf, type GatewayAnswer } from '../gateway/gateway-client.js';
import { refusalOf } from '../gateway/gateway-refusal.js';

/** Answers by which a gateway refuses a call before any provider is asked. */
const REFUSED_BEFORE_DISPATCH = new Set([400, 401, 402, 403, 404, 413, 429]);

/** Whether a gateway served the call. */
export function isSuccess({ status }: GatewayAnswer): boolean {
  return status >= 200 && status <= 299;
}

/** Whether an answer comes as events. */
export function isEventStream({ headers }: GatewayAnswer): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true;
}

/** Why a call was not served, and which upstream calls were made for it all the same; null: not known. */
export function refused(answer: GatewayAnswer, text: string): { failure: AppError; attemptIds: string[] | null } {
  const failure = refusalOf({ status: answer.status, headers: answer.headers, text });
  const isEarly = REFUSED_BEFORE_DISPATCH.has(answer.status) && failure.code !== 'call_cut';
  return { failure, attemptIds: attemptIdsOf(answer) ?? (isEarly ? [] : null) };
}

/** A success without a completion in it. */
export function malformed(): AppError {
  return new AppError('upstream_malformed', { detail: 'The answer of the provider is no chat completion.' });
}

/** What the books say of a failure; null: there was none. */
export function sentenceOf(failure: AppError | undefined): string | null {
  return failure === undefined ? null : (failure.detail ?? failure.message);
}

/** Which job and call an error is about: they are in the books, and can be looked at. */
export function withCall(failure: AppError, jobId: string, callId: string): AppError {
  return new AppError(failure.code, {
    ...(failure.detail === undefined ? {} : { detail: failure.detail }),
    data: { ...failure.data, job_id: jobId, call_id: callId },
    cause: failure,
  });
}
