import type { IncomingHttpHeaders } from 'node:http';

import { type AppError, formatUsd, nanoUsd } from '@penstock/domain';

import { setLimitHeaders } from '../../admission/limit-headers.js';
import { fromProviderHeaders } from '../../upstream/upstream-headers.js';
import { sendAnswer, toErrorAnswer } from '../error-response.js';
import type { CallAccount } from './call-accounting.js';
import type { ChatCallContext } from './chat-call-context.js';

/** What the call cost; a trailer where the head is out before that is known. */
const COST_HEADER = 'x-penstock-cost-usd';

/** What a provider answered, but for a stream. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: readonly Buffer[];
}

/** Sends the head of a stream; what the call costs follows as a trailer. */
export function writeStreamHead(
  context: ChatCallContext,
  status: number,
  upstreamHeaders: IncomingHttpHeaders,
  nowMs: number,
): void {
  const headers = answerHeaders(context, upstreamHeaders);
  headers['content-type'] = 'text/event-stream; charset=utf-8';
  headers['cache-control'] = 'no-cache';
  // Tells nginx and its likes not to collect the answer before passing it on.
  headers['x-accel-buffering'] = 'no';
  if (canTrail(context)) headers['trailer'] = COST_HEADER;
  setLimitHeaders(headers, context.hold, nowMs);
  context.response.writeHead(status, headers);
}

/** Ends a stream with its last bytes. */
export function endStream(context: ChatCallContext, { amounts }: CallAccount, lastBytes: Buffer | undefined): void {
  const { response } = context;
  if (lastBytes !== undefined) response.write(lastBytes);
  if (canTrail(context)) response.addTrailers({ [COST_HEADER]: formatUsd(nanoUsd(amounts.clientCostNanoUsd)) });
  response.end();
}

/** The head of the stream is out: the error travels as an event, and without `[DONE]` no client takes it for whole. */
export function endStreamWithError({ response, dialect, requestId }: ChatCallContext, error: AppError): void {
  const { body } = toErrorAnswer(error, dialect, requestId);
  response.end(`data: ${body}\n\n`);
}

/** Sends a completion in one piece, byte for byte. */
export function sendCompletion(
  context: ChatCallContext,
  answer: WholeAnswer,
  { amounts }: CallAccount,
  nowMs: number,
): void {
  const headers = answerHeaders(context, answer.headers);
  headers['content-type'] = 'application/json';
  headers[COST_HEADER] = formatUsd(nanoUsd(amounts.clientCostNanoUsd));
  setLimitHeaders(headers, context.hold, nowMs, amounts);
  sendWhole(context, answer, headers);
}

/** Sends the provider's own error as it came. */
export function sendProviderError(context: ChatCallContext, answer: WholeAnswer): void {
  const headers = answerHeaders(context, answer.headers);
  headers['content-type'] = answer.headers['content-type'] ?? 'application/json';
  sendWhole(context, answer, headers);
}

/** Answers with an error of ours, unless the client is gone or has the head of an answer. */
export function sendError({ response, dialect, requestId }: ChatCallContext, error: AppError): void {
  sendAnswer(response, toErrorAnswer(error, dialect, requestId));
}

/** HTTP/1.0, which some proxies still speak to what is behind them, has no chunks and so no trailers. */
function canTrail({ response }: ChatCallContext): boolean {
  return response.req.httpVersion === '1.1';
}

function answerHeaders(context: ChatCallContext, upstreamHeaders: IncomingHttpHeaders): Record<string, string> {
  const headers: Record<string, string> = { 'x-request-id': context.requestId, ...context.headers };
  fromProviderHeaders(upstreamHeaders, headers);
  return headers;
}

function sendWhole(
  { response }: ChatCallContext,
  { status, chunks }: WholeAnswer,
  headers: Record<string, string>,
): void {
  const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  headers['content-length'] = String(body.length);
  response.writeHead(status, headers);
  response.end(body);
}
