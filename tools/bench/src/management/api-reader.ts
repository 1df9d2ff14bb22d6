import { Client } from 'undici';

/** Whom a route is for. */
export type Caller = 'operator' | 'gateway';

/** One timed answer. */
export interface TimedAnswer {
  readonly elapsedMs: number;
  readonly bytes: number;
}

/** How governance is reached and who may read. */
export interface ApiReaderOptions {
  readonly governanceUrl: string;
  readonly masterKey: string;
  readonly serviceToken: string;
}

/** Reads governance over one connection, one call at a time. */
export class ApiReader {
  readonly #client: Client;
  readonly #headers: Readonly<Record<Caller, Readonly<Record<string, string>>>>;

  constructor({ governanceUrl, masterKey, serviceToken }: ApiReaderOptions) {
    this.#client = new Client(governanceUrl);
    this.#headers = {
      operator: { 'x-admin-key': masterKey },
      gateway: { authorization: `Bearer ${serviceToken}` },
    };
  }

  /** Until the last byte is here; anything but 200 is an error. */
  async time(path: string, caller: Caller = 'operator'): Promise<TimedAnswer> {
    const startedMs = performance.now();
    const body = await this.#get(path, caller);
    return { elapsedMs: performance.now() - startedMs, bytes: body.byteLength };
  }

  async json<T>(path: string, caller: Caller = 'operator'): Promise<T> {
    return JSON.parse(Buffer.from(await this.#get(path, caller)).toString('utf8')) as T;
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #get(path: string, caller: Caller): Promise<ArrayBuffer> {
    const { statusCode, body } = await this.#client.request({ method: 'GET', path, headers: this.#headers[caller] });
    const bytes = await body.arrayBuffer();
    if (statusCode !== 200) {
      throw new Error(`GET ${path} answered ${statusCode}: ${Buffer.from(bytes).toString('utf8').slice(0, 500)}`);
    }
    return bytes;
  }
}
