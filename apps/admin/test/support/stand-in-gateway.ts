import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A chat completion that is asked of it, as far as it looks. */
interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
}

/** Holds what is hard to keep: NUL, and half a surrogate pair. */
const ODD_TEXT = 'Hello \0 \ud800 \u{1f4a9}.';
const USAGE = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };

type Answerer = (asked: Asked, response: ServerResponse) => unknown;

/** Models that do not answer as they should; any other does. */
const FAILING: Readonly<Record<string, Answerer>> = {
  'nobody-knows': (_asked, response) => json(response, 404, { error: { message: `No such model: ${ODD_TEXT}` } }),
  'refused/limited': (_asked, response) =>
    json(response, 429, {
      error: { message: 'Slow down.', code: 'request_limited', request_id: 'r', remedy: 'Wait.' },
    }),
  'broken/provider': (_asked, response) => json(response, 500, { error: ODD_TEXT }),
  'broken/answer': (_asked, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  'broken/stream': (asked, response) => {
    // A whole answer that breaks off is 503, which no run may meet.
    if (asked.stream !== true) return json(response, 500, {});
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.write(`data: ${JSON.stringify(chunk('Hel'))}\n\n`, () => response.destroy());
  },
};

/**
 * Stands where a gateway would, for requests whose number and clock no real one could follow: answers chat completions
 * over HTTP, and fails in the ways that its models are named after. Nothing is accounted; whole stacks try that.
 */
export class StandInGateway {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<StandInGateway> {
    const server = createServer((request, response) => {
      void answer(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new StandInGateway(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const asked = JSON.parse(Buffer.concat(parts).toString()) as Asked;
  const failing = Object.hasOwn(FAILING, asked.model ?? '') ? FAILING[asked.model ?? ''] : undefined;
  if (failing !== undefined) failing(asked, response);
  else if (asked.stream === true) stream(response);
  else {
    const message = { role: 'assistant', content: ODD_TEXT };
    json(response, 200, { id: 'c', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE });
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function stream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const text of ['Hello ', ODD_TEXT]) response.write(`data: ${JSON.stringify(chunk(text))}\n\n`);
  response.end('data: [DONE]\n\n');
}

function chunk(content: string): unknown {
  return { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] };
}
