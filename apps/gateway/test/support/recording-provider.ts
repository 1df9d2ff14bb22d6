import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What {@link RecordingProvider} answers: bytes that no parser on the way may change. */
export const ANSWER =
  '{ "id":"chatcmpl-1", "object":"chat.completion", "created":1, "model":"llama-x-dated", "unknown":{"big":12345678901234567890},' +
  ' "choices":[{"index":0,"message":{"role":"assistant","content":"gr\\u00fcezi ü"},"finish_reason":"stop","x":1.0}],' +
  ' "usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12} }\n';

/** An OpenAI-shaped provider that keeps every request as it came and always gives the same answer. */
export class RecordingProvider {
  readonly requests: RecordedRequest[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RecordingProvider> {
    const server = createServer();
    const provider = new RecordingProvider(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        provider.requests.push({
          method: request.method ?? '',
          url: request.url ?? '',
          headers: request.headers,
          body,
        });
        response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'provider=1', server: 'provider' });
        response.end(ANSWER);
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return provider;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/some/path/v1/`;
  }

  get last(): RecordedRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('no request came');
    return request;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }
}
