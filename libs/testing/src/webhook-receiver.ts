import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as a receiver of webhooks got it. */
export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes that were signed. */
  readonly text: string;
  // Anything that JSON can hold; tests look into it freely.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

/** How a receiver answers: a status, or a status with headers and body. */
export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A real HTTP server that remembers what it was sent. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** Asked for every request; it may wait. */
  answer: (request: ReceivedWebhook) => WebhookAnswer | Promise<WebhookAnswer> = () => ({ status: 204 });

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new WebhookReceiver(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        );
        const received = { path: request.url ?? '', headers, text, body: JSON.parse(text) as unknown };
        receiver.received.push(received);
        void Promise.resolve(receiver.answer(received)).then(({ status, headers: given = {}, body = '' }) => {
          response.writeHead(status, { ...given }).end(body);
        });
      });
    });
    return receiver;
  }

  /** Where it listens; every path is heard. */
  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Requests to one path, oldest first. */
  at(path: string): ReceivedWebhook[] {
    return this.received.filter((request) => request.path === path);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
