import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import { catalogue } from '@penstock/domain';
import { createProxyMiddleware, type RequestHandler } from 'http-proxy-middleware';

/** Longest wait for a management answer; exports and reports stream, so this bounds silence, not length. */
const DEADLINE_MS = 60_000;

/** Where the services behind `/api` are. */
export interface ManagementTargets {
  readonly governanceUrl: string;
  readonly adminUrl: string;
}

/** What the gateway says of a caller to the services, which believe it. */
export interface ManagementCaller {
  readonly requestId: string;
  /** By the gateway's own list of trusted proxies. */
  readonly ip: string;
}

/**
 * Passes `/api/governance/*` to governance and the rest of `/api/*` to the admin app, bytes untouched. The services
 * authenticate; `/internal/*` is not under `/api` and cannot be reached from here.
 */
export class ManagementProxy {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private readonly governance: RequestHandler<IncomingMessage, ServerResponse>;
  private readonly admin: RequestHandler<IncomingMessage, ServerResponse>;

  constructor(targets: ManagementTargets) {
    this.governance = this.proxyTo(targets.governanceUrl, 'governance', (message) => ({ error: message }));
    this.admin = this.proxyTo(targets.adminUrl, 'admin', (message) => ({ detail: message }));
  }

  toGovernance(request: IncomingMessage, response: ServerResponse, caller: ManagementCaller): void {
    vouchFor(request, caller);
    void this.governance(request, response);
  }

  toAdmin(request: IncomingMessage, response: ServerResponse, caller: ManagementCaller): void {
    vouchFor(request, caller);
    void this.admin(request, response);
  }

  close(): void {
    this.agent.destroy();
  }

  private proxyTo(
    target: string,
    service: string,
    sentenceOf: (message: string) => object,
  ): RequestHandler<IncomingMessage, ServerResponse> {
    return createProxyMiddleware<IncomingMessage, ServerResponse>({
      target,
      agent: this.agent,
      changeOrigin: true,
      proxyTimeout: DEADLINE_MS,
      timeout: DEADLINE_MS,
      on: {
        // With a handler of ours the library answers nothing itself: without this the client would wait for ever.
        error: (_error, request, response) => {
          if (isSocket(response)) {
            response.destroy();
            return;
          }
          if (response.headersSent) {
            response.destroy();
            return;
          }
          // A client that is still sending must be able to finish: nobody else reads its body from here on, and the
          // next request on its connection would wait for ever.
          request.unpipe();
          request.resume();
          const requestId = String(request.headers['x-request-id'] ?? '');
          const { code, status, remedy } = catalogue.service_unavailable;
          const sentence = sentenceOf(`The ${service} service cannot be reached at the moment. Try again.`);
          const body = JSON.stringify({ ...sentence, code, request_id: requestId, remedy });
          response.writeHead(status, {
            'content-type': 'application/json; charset=utf-8',
            'content-length': Buffer.byteLength(body),
            'retry-after': '1',
            'x-request-id': requestId,
          });
          response.end(body);
        },
      },
    });
  }
}

/** What the caller himself claims goes no further: the services trust their whole network, hence all of the header. */
function vouchFor({ headers }: IncomingMessage, { requestId, ip }: ManagementCaller): void {
  for (const name of ['forwarded', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto']) delete headers[name];
  headers['x-forwarded-for'] = ip;
  headers['x-request-id'] = requestId;
}

function isSocket(response: ServerResponse | Socket): response is Socket {
  return !('writeHead' in response);
}
