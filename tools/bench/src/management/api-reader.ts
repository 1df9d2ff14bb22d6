import { Client } from 'undici';

/** Whom a route is for. */
export type Caller = 'operator' | 'gateway' | 'team';

/** One timed answer. */
export interface TimedAnswer {
  readonly elapsedMs: number;
  readonly bytes: number;
}

/** How an API is reached, and what the callers who may read it show. */
export interface ApiReaderOptions {
  readonly baseUrl: string;
  readonly masterKey: string;
  readonly serviceToken: string;
  /** Value of a team's virtual key; needed for reads by the team. */
  readonly teamKey?: string;
}

/** Reads an API over one connection, one call at a time. */
export class ApiReader {
  readonly #client: Client;
  readonly #headers: Readonly<Record<Caller, Readonly<Record<string, string>>>>;

  constructor({ baseUrl, masterKey, serviceToken, teamKey = '' }: ApiReaderOptions) {
    this.#client = new Client(baseUrl);
    this.#headers = {
      operator: { 'x-admin-key': masterKey },
      gateway: { authorization: `Bearer ${serviceToken}` },
      team: { authorization: `Bearer ${teamKey}` },
    };
  }

  /** Until the last byte is here; anything but 200 is an error. With a body it is a POST. */
  async time(path: string, caller: Caller = 'operator', body?: unknown): Promise<TimedAnswer> {
    const startedMs = performance.now();
    const answer = await this.#ask(path, caller, body);
    return { elapsedMs: performance.now() - startedMs, bytes: answer.byteLength };
  }

  async json<T>(path: string, caller: Caller = 'operator', body?: unknown): Promise<T> {
    return JSON.parse(Buffer.from(await this.#ask(path, caller, body)).toString('utf8')) as T;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #ask(path: string, caller: Caller, question: unknown): Promise<ArrayBuffer> {
    const headers = this.#headers[caller];
    const { statusCode, body } = await this.#client.request(
      question === undefined
        ? { method: 'GET', path, headers }
        : {
            method: 'POST',
            path,
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(question),
          },
    );
    const bytes = await body.arrayBuffer();
    if (statusCode !== 200) {
      throw new Error(`${path} was answered ${statusCode}: ${Buffer.from(bytes).toString('utf8').slice(0, 500)}`);
    }
    return bytes;
  }
}
