import type { JobCall } from '@penstock/platform';
import { JOB_HEADER, revealSecret, type Secret, signJobCall } from '@penstock/platform';
import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';

/** A chat completion that is asked of a gateway for a job. */
export interface GatewayRequest {
  readonly job: Omit<JobCall, 'expiresAtMs'>;
  /** Value of the team's virtual key. */
  readonly key: string;
  readonly requestId: string;
  /** Address of who asked: keys may be bound to addresses. */
  readonly clientIp: string;
  readonly nowMs: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** A gateway's answer, body unread. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer> & { text(): Promise<string>; dump(): Promise<void> };
}

const CONNECT_TIMEOUT_MS = 2_000;
/** Longer than what a gateway itself waits for a provider, so that it is the gateway who explains what was late. */
const HEADERS_TIMEOUT_MS = 630_000;
const SILENCE_MAX_MS = 150_000;
/** A header is for one call, made now. */
const HEADER_VALID_MS = 60_000;
/** Header by which a gateway names the upstream calls that it made, which are the ids of their usage records. */
const CALL_IDS_HEADER = 'x-penstock-call-ids';

/**
 * Makes calls of jobs where every other call is made: at a gateway, with the team's own key, so that governance,
 * prices and accounts are one. A call that was sent is never sent again.
 */
export class GatewayClient {
  private readonly pool: Pool;
  private readonly path: string;

  constructor(
    url: string,
    private readonly serviceToken: string | Secret,
  ) {
    const { origin, pathname } = new URL(url);
    this.pool = new Pool(origin, {
      allowH2: false,
      pipelining: 1,
      connectTimeout: CONNECT_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: SILENCE_MAX_MS,
      // Well below the time after which a gateway closes an idle connection: a call into a closing one is lost.
      keepAliveTimeout: 4_000,
    });
    this.path = `${pathname.replace(/\/+$/, '')}/v1/chat/completions`;
  }

  /** Resolves with the head of the answer. Rejects when the gateway cannot be reached or does not answer. */
  async send({ job, key, requestId, clientIp, nowMs, body, signal }: GatewayRequest): Promise<GatewayAnswer> {
    const header = signJobCall(revealSecret(this.serviceToken), { ...job, expiresAtMs: nowMs + HEADER_VALID_MS });
    const {
      statusCode,
      headers,
      body: answer,
    } = await this.pool.request({
      method: 'POST',
      path: this.path,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: body['stream'] === true ? 'text/event-stream' : 'application/json',
        'x-request-id': requestId,
        'x-forwarded-for': clientIp,
        [JOB_HEADER]: header,
      },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
    return { status: statusCode, headers, body: answer };
  }

  /** Ends idle connections and waits for the calls that run. */
  async close(): Promise<void> {
    await this.pool.close();
  }
}

/** The upstream calls of an answer; null when the gateway names none. */
export function attemptIdsOf({ headers }: Pick<GatewayAnswer, 'headers'>): string[] | null {
  const ids = headers[CALL_IDS_HEADER];
  return typeof ids === 'string' && ids !== '' ? ids.split(',').map((id) => id.trim()) : null;
}
