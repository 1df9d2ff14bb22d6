import type { IncomingHttpHeaders } from 'node:http';

import { catalogue, type AppError } from '@penstock/domain';

import type { ErrorReport } from './error-report.js';
import { ValidationFailure, type ValidationIssue } from './validation-failure.js';

/** Which API's error envelope an app speaks. */
export type ErrorSurface = 'governance' | 'admin' | 'gateway';

/** The gateway is also the origin of the management APIs: what it refuses itself at their addresses looks like theirs. */
export function surfaceAt(surface: ErrorSurface, url: string): ErrorSurface {
  if (surface !== 'gateway') return surface;
  if (/^\/api\/governance(?:[/?]|$)/.test(url)) return 'governance';
  return /^\/api(?:[/?]|$)/.test(url) ? 'admin' : 'gateway';
}

/** A response body and the status this surface gives it. */
export interface RenderedError {
  status: number;
  body: Record<string, unknown>;
}

/** `data` that steers headers and is not part of a body. */
const headerOnlyData = new Set(['retryAfterMs', 'allow']);

/** One report, three envelopes. */
export function renderError(
  surface: ErrorSurface,
  report: ErrorReport,
  requestId: string,
  headers: IncomingHttpHeaders = {},
): RenderedError {
  switch (surface) {
    case 'governance':
      return renderGovernance(report, requestId);
    case 'admin':
      return renderAdmin(report, requestId);
    case 'gateway':
      return headers['x-bf-vk'] === undefined
        ? renderOpenAi(report, requestId)
        : renderVirtualKeyHeader(report, requestId);
  }
}

/** `{"error": "<sentence>"}`, with everything machine-readable beside it. */
function renderGovernance({ error, status, sentence }: ErrorReport, requestId: string): RenderedError {
  return {
    status,
    body: {
      ...publicDataOf(error.data),
      error: sentence,
      code: error.code,
      request_id: requestId,
      remedy: remedyOf(error),
      ...(error.fields === undefined || error.fields.length === 0 ? {} : { fields: error.fields }),
    },
  };
}

/** `{"detail": …}`, with everything machine-readable beside it; what is wrong with the input is 422 and a list with places, malformed JSON too. */
function renderAdmin({ error, status, sentence }: ErrorReport, requestId: string): RenderedError {
  const rest = {
    ...publicDataOf(error.data),
    code: error.code,
    request_id: requestId,
    remedy: remedyOf(error),
  };
  if (error.code === 'request_malformed_json') {
    return { status: 422, body: { detail: [{ type: 'json_invalid', loc: ['body'], msg: sentence }], ...rest } };
  }
  if (error.code !== 'validation_failed') {
    return { status, body: { detail: sentence, ...rest } };
  }
  const detail =
    error instanceof ValidationFailure
      ? error.issues.map(adminIssue)
      : (error.fields ?? []).map(({ path, reason }) => ({
          type: 'value_error',
          loc: ['body', ...path.split('.').map(toLocPart)],
          msg: reason,
        }));
  return {
    status: 422,
    body: { detail: detail.length > 0 ? detail : [{ type: 'value_error', loc: ['body'], msg: sentence }], ...rest },
  };
}

const adminTypeByRule: Readonly<Record<string, string>> = {
  isString: 'string_type',
  isInt: 'int_type',
  isNumber: 'float_type',
  isBoolean: 'bool_type',
  isArray: 'list_type',
  isObject: 'dict_type',
  nestedValidation: 'dict_type',
  isEmail: 'value_error',
  isUuid: 'uuid_parsing',
  isIn: 'enum',
  isEnum: 'enum',
  min: 'greater_than_equal',
  max: 'less_than_equal',
  minLength: 'string_too_short',
  maxLength: 'string_too_long',
  isNotEmpty: 'string_too_short',
};

function adminIssue({ location, path, rule, reason, isMissing }: ValidationIssue): Record<string, unknown> {
  return {
    type: isMissing ? 'missing' : (adminTypeByRule[rule] ?? 'value_error'),
    loc: [location, ...path.map(toLocPart)],
    msg: isMissing ? 'Field required' : reason,
  };
}

/** Positions in lists are numbers. */
function toLocPart(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

/** OpenAI's envelope, which its clients parse into typed exceptions. */
function renderOpenAi({ error, status, sentence }: ErrorReport, requestId: string): RenderedError {
  return {
    status,
    body: {
      error: {
        ...publicDataOf(error.data),
        message: sentence,
        type: catalogue[error.code].openAiType,
        param: error.fields?.[0]?.path ?? null,
        code: error.code,
        request_id: requestId,
        remedy: remedyOf(error),
      },
    },
  };
}

/** The flat envelope that callers who send `x-bf-vk` read. */
function renderVirtualKeyHeader({ error, status, sentence }: ErrorReport, requestId: string): RenderedError {
  return {
    status,
    body: {
      ...publicDataOf(error.data),
      error: sentence,
      type: catalogue[error.code].bifrostType ?? error.code,
      status_code: status,
      code: error.code,
      request_id: requestId,
      remedy: remedyOf(error),
    },
  };
}

/** What would help: of this very case where the thrower knows it, else of the code. */
function remedyOf({ code, data }: AppError): string {
  const own = data?.['remedy'];
  return typeof own === 'string' ? own : catalogue[code].remedy;
}

function publicDataOf(data: Record<string, unknown> | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(data ?? {}).filter(([key]) => !headerOnlyData.has(key)));
}
