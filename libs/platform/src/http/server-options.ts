import type { FastifyHttpOptions } from 'fastify';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import type { BaseConfig } from '../config/base-config.js';
import type { ErrorFilter } from '../errors/error.filter.js';
import { requestIdOf } from './request-id.js';

/** Bounds an app may move. */
export interface ServerLimits {
  /** Default 1 MiB. */
  bodyLimitBytes?: number;
  /** How long a client may take to send a request, head and body. Default 60 s. */
  requestTimeoutMs?: number;
}

/** Longer than the idle timeout of common load balancers (60 s), so that it is they who close. */
const keepAliveTimeoutMs = 75_000;
const requestTimeoutMsDefault = 60_000;
const bodyLimitBytesDefault = 1024 * 1024;

/** What every app's server has in common. */
export function serverOptions(
  { bodyLimitBytes, requestTimeoutMs, config }: ServerLimits & { config: BaseConfig },
  errors: ErrorFilter,
) {
  return {
    logger: false,
    bodyLimit: bodyLimitBytes ?? bodyLimitBytesDefault,
    requestTimeout: requestTimeoutMs ?? requestTimeoutMsDefault,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: 30_000 },
    trustProxy: [...config.PENSTOCK_TRUSTED_PROXIES],
    requestIdHeader: false,
    genReqId: requestIdOf,
    // While the process leaves, requests on connections that are still open are answered, not refused.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id);
      errors.answer(error, request, reply);
    },
    clientErrorHandler: answerBrokenRequest,
  } satisfies FastifyHttpOptions<Server>;
}

const reasonByCode: Readonly<Record<string, readonly [status: string, reason: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'The request headers are larger than this server accepts.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request was not received in time.'],
};

/** What cannot be parsed as HTTP has no request to answer; one body that every surface's clients can read. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, reason] = reasonByCode[error.code ?? ''] ?? ['400 Bad Request', 'The request is not valid HTTP.'];
  const body = JSON.stringify({ error: reason, detail: reason, code: 'request_invalid' });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
