import { AppError, catalogue, type ErrorCode } from '@penstock/domain';
import type { IncomingHttpHeaders } from 'node:http';

/** An answer of a gateway that is no success. */
export interface GatewayFailure {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Answers of a provider by which it refuses the request itself. */
const REJECTED = new Set([400, 404, 409, 413, 415, 422]);

/**
 * What the team reads when a gateway, or the provider behind it, did not serve a call. A gateway's own refusal keeps
 * its code and everything that explains it; a provider's error becomes `upstream_rejected` or `upstream_failed` with
 * the provider's sentence. How long to wait is kept in either case.
 */
export function refusalOf(failure: GatewayFailure): AppError {
  const error = errorIn(failure.text);
  const retryAfterMs = retryAfterOf(failure.headers);
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  const sentence = typeof error['message'] === 'string' && error['message'] !== '' ? error['message'] : undefined;
  const code = ownCodeOf(error);
  if (code !== undefined) {
    const { message: _message, type: _type, param: _param, code: _code, request_id: _request, ...reason } = error;
    return new AppError(code, {
      ...(sentence === undefined ? {} : { detail: sentence }),
      data: { ...reason, ...retry },
    });
  }
  const kind = REJECTED.has(failure.status) ? 'upstream_rejected' : 'upstream_failed';
  const said = sentence === undefined ? 'without saying why' : `and said: ${sentence.slice(0, 500)}`;
  return new AppError(kind, {
    detail: `The provider answered ${failure.status} ${said}`,
    data: { upstream_status: failure.status, ...retry },
  });
}

/** The gateway could not be asked, or its answer broke off. `wasSent`: it may have made the call all the same. */
export function unreachable(cause: unknown): AppError {
  return new AppError('service_unavailable', {
    detail: 'The gateway cannot be reached, or did not answer to the end. What it did all the same counts.',
    cause,
  });
}

/** The error object of an OpenAI-shaped answer, or of one event of its stream; empty when there is none. */
export function errorIn(text: string): Record<string, unknown> {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'object' && error !== null) return error as Record<string, unknown>;
    return typeof error === 'string' ? { message: error } : {};
  } catch {
    return {};
  }
}

/** A gateway's own errors name the request and a code of the catalogue; no provider's do. */
function ownCodeOf(error: Record<string, unknown>): ErrorCode | undefined {
  const { code, request_id: requestId, remedy } = error;
  const isOwn = typeof code === 'string' && typeof requestId === 'string' && typeof remedy === 'string';
  return isOwn && Object.hasOwn(catalogue, code) ? (code as ErrorCode) : undefined;
}

function retryAfterOf(headers: IncomingHttpHeaders): number | undefined {
  const exactMs = numberIn(headers['retry-after-ms']);
  if (exactMs !== undefined) return exactMs;
  const seconds = numberIn(headers['retry-after']);
  return seconds === undefined ? undefined : seconds * 1_000;
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
