import type { IncomingMessage, ServerResponse } from 'node:http';

import { type AppError, catalogue, type CatalogueEntry, statusOf } from '@penstock/domain';

import type { Dialect } from '../auth/credential.js';

/** An error as it goes over the wire. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * Writes an error in the caller's dialect. The machine-readable part (code, what decided, what would help) is the
 * same in both.
 */
export function toErrorAnswer(error: AppError, dialect: Dialect, requestId: string): ErrorAnswer {
  const entry: CatalogueEntry = catalogue[error.code];
  // An SDK reads an unknown key as 401; Bifrost's clients, who send `x-bf-vk`, read it as 403.
  const status = statusOf(error.code, dialect === 'bifrost' ? 'virtual_key_header' : 'bearer');
  const message = error.detail ?? entry.title;
  const details: Record<string, unknown> = {
    code: error.code,
    remedy: entry.remedy,
    ...error.data,
    ...(error.fields === undefined ? {} : { fields: error.fields }),
    request_id: requestId,
  };
  const body =
    dialect === 'bifrost'
      ? { error: message, type: entry.bifrostType ?? error.code, status_code: status, ...details }
      : { error: { message, type: entry.openAiType, param: error.fields?.[0]?.path ?? null, ...details } };
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'x-request-id': requestId,
  };
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="penstock"';
  const retryAfterMs = error.data?.['retry_after_ms'];
  if (typeof retryAfterMs === 'number') {
    headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
    // OpenAI's SDKs prefer this one; it is exact.
    headers['retry-after-ms'] = String(Math.ceil(retryAfterMs));
  } else if (status === 503) {
    headers['retry-after'] = '1';
  }
  return { status, headers, body: JSON.stringify(body) };
}

/** Longest that the rest of a refused body is read and thrown away. */
const LINGER_MS = 2_000;

/**
 * Answers a request whose body is still on its way, and ends the connection. What goes on arriving is thrown away for
 * a while first: a connection that is closed under a client which is still sending loses the answer (RFC 9112, 9.6).
 */
export function sendEarlyAnswer(request: IncomingMessage, response: ServerResponse, answer: ErrorAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const headers = { ...answer.headers, connection: 'close', 'content-length': Buffer.byteLength(answer.body) };
  response.writeHead(answer.status, headers);
  response.write(answer.body);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.once('end', end);
  request.once('close', end);
  request.resume();
}

/** Sends an answer unless the client is gone. */
export function sendAnswer(response: ServerResponse, answer: ErrorAnswer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}
