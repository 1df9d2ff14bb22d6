import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';

// The yardstick: what a Node process cannot do without if it stands between a caller and a provider and looks at
// both bodies. No credentials, no limits, no accounts.
// Arguments: the port to listen on and the origin to forward to.
const [port = '8091', upstream = 'http://127.0.0.1:8090'] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 256, pipelining: 1 });

/** Forwards one answer: JSON whole and parsed, a stream as it comes. */
class Relaying implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #chunks: Buffer[] = [];
  #status = 0;
  #isStream = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  // undici refuses a handler without it.
  onRequestStart(): void {}

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[]>,
  ): void {
    this.#status = status;
    const contentType = String(headers['content-type']);
    this.#isStream = contentType.startsWith('text/event-stream');
    if (this.#isStream) {
      this.#response.writeHead(status, { 'content-type': contentType });
      this.#response.flushHeaders();
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isStream) this.#response.write(chunk);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#isStream) {
      this.#response.end();
      return;
    }
    const body = Buffer.concat(this.#chunks);
    JSON.parse(body.toString());
    this.#response.writeHead(this.#status, { 'content-type': 'application/json', 'content-length': body.length });
    this.#response.end(body);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502).end(error.message);
  }
}

function relay(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    JSON.parse(body.toString());
    pool.dispatch(
      {
        method: 'POST',
        path: request.url ?? '/',
        headers: { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' },
        body,
      },
      new Relaying(response),
    );
  });
}

const server = createServer((request, response) => {
  if (request.url === '/health') response.end('{"status":"ok"}');
  else relay(request, response);
});
server.keepAliveTimeout = 120_000;
server.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
process.once('SIGTERM', () => process.exit(0));
