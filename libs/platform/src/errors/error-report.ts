import { HttpException } from '@nestjs/common';
import { AppError, catalogue, type ErrorCode } from '@penstock/domain';

import { failedDependencyOf } from './dependency-failure.js';

/** An exception as a response needs it, before a surface gives it its shape. */
export interface ErrorReport {
  error: AppError;
  /** The code's own status, or the framework's where no code has it (415, 431). */
  status: number;
  sentence: string;
  headers: Record<string, string>;
  /** What the caller did not cause: logged with its stack. */
  isFault: boolean;
}

const codeByHttpStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'authentication_required',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'request_too_large',
  422: 'validation_failed',
  503: 'overloaded',
};

const retryAfterSecondsDefault = 1;

/** Turns whatever was thrown into one of the catalogue's errors. Only an `AppError` chooses its own words. */
export function reportError(thrown: unknown): ErrorReport {
  const { error, status } = asAppError(thrown);
  return {
    error,
    status: status ?? error.status,
    sentence: error.detail ?? catalogue[error.code].title,
    headers: headersOf(error),
    isFault: (status ?? error.status) >= 500,
  };
}

function asAppError(thrown: unknown): { error: AppError; status?: number } {
  if (thrown instanceof AppError) {
    return { error: thrown };
  }
  const httpStatus = httpStatusOf(thrown);
  // Fastify's word for an id longer than any that exists.
  if (httpStatus === 414) {
    return { error: new AppError('not_found', { detail: publicMessageOf(thrown, 404), cause: thrown }) };
  }
  if (httpStatus !== undefined && httpStatus < 500) {
    const code = codeByHttpStatus[httpStatus] ?? 'request_invalid';
    const error = new AppError(code, { detail: publicMessageOf(thrown, httpStatus), cause: thrown });
    return error.status === httpStatus ? { error } : { error, status: httpStatus };
  }
  switch (failedDependencyOf(thrown)) {
    case 'database':
      return { error: new AppError('database_unavailable', { cause: thrown }) };
    case 'redis':
      return { error: new AppError('store_unavailable', { cause: thrown }) };
    case undefined:
      return { error: new AppError('internal_unexpected', { cause: thrown }) };
  }
}

/** Nest's exceptions, and Fastify's and http-errors' plain errors, which carry `statusCode`. */
function httpStatusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) {
    return thrown.getStatus();
  }
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

/** The framework's own wording where it tells a caller what to change, ours where it echoes the request. */
function publicMessageOf(thrown: unknown, httpStatus: number): string {
  switch (httpStatus) {
    case 404:
      return 'There is nothing at this address.';
    case 413:
      return 'The request body is larger than this server accepts.';
    case 415:
      return 'Send the body as JSON, with Content-Type: application/json.';
    default:
      return thrown instanceof Error && thrown.message !== '' ? thrown.message : 'The request is not valid.';
  }
}

function headersOf(error: AppError): Record<string, string> {
  const headers: Record<string, string> = {};
  const retryAfterMs = error.data?.['retryAfterMs'];
  if (typeof retryAfterMs === 'number' && retryAfterMs >= 0) {
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
  } else if (error.status === 503) {
    headers['retry-after'] = String(retryAfterSecondsDefault);
  }
  if (error.status === 401) {
    headers['www-authenticate'] = 'Bearer realm="penstock"';
  }
  const allow = error.data?.['allow'];
  if (error.code === 'method_not_allowed' && typeof allow === 'string') {
    headers['allow'] = allow;
  }
  return headers;
}
