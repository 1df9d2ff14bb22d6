import { type Stack, type StackOptions, startStack } from '@penstock/testing';

/** Anything that JSON can hold; tests look into it freely. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;

/** The collections of the contract and the key that one entry has in answers. */
const ENTITY_KEYS = { 'virtual-keys': 'virtual_key', teams: 'team', customers: 'customer' } as const;

/** A collection of the contract. */
export type Collection = keyof typeof ENTITY_KEYS;

/** An answer as a client of the contract reads it. */
export interface ContractAnswer {
  readonly status: number;
  readonly body: Json;
  readonly text: string;
  readonly headers: Headers;
}

export const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

/**
 * A client of the governance contract that knows one origin and an operator's key. It sends
 * `Content-Type: application/json` on every call, GET and DELETE without a body included, and removes what it made.
 */
export class ContractClient {
  private readonly made: { readonly collection: Collection; readonly id: string }[] = [];
  private nameCount = 0;

  private constructor(private readonly stack: Stack) {}

  static async start(options: StackOptions): Promise<ContractClient> {
    return new ContractClient(await startStack({ admin: false, ...options }));
  }

  get origin(): string {
    return this.stack.gatewayUrl;
  }

  get operatorKey(): string {
    return this.stack.masterKey;
  }

  async stop(): Promise<void> {
    await this.stack.stop();
  }

  /** Deletes everything that was made through `create`, children before their owners. */
  async cleanUp(): Promise<void> {
    for (const { collection, id } of this.made.splice(0).toReversed()) {
      const { status, text } = await this.call('DELETE', `/${collection}/${id}?cascade=true`);
      if (status !== 200 && status !== 404) throw new Error(`${collection}/${id} stays: ${status} ${text}`);
    }
  }

  uniqueName(what: string): string {
    this.nameCount += 1;
    return `${what} ${this.nameCount}`;
  }

  /** A management call; the path starts after `/api/governance`, and a text body is sent as it is. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { 'x-admin-key': this.operatorKey },
  ): Promise<ContractAnswer> {
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    return this.send(method, `/api/governance${path}`, { 'content-type': 'application/json', ...headers }, init);
  }

  /** A chat call with this value in `x-bf-vk`; no such header when it is undefined. */
  async chat(key: string | undefined, body: Json = {}): Promise<ContractAnswer> {
    const whole = { model: 'gpt-4', messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 10, ...body };
    return this.send(
      'POST',
      '/v1/chat/completions',
      { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-bf-vk': key }) },
      { body: JSON.stringify(whole) },
    );
  }

  /** Makes an entity, which must be answered 201, and remembers it for `cleanUp`. */
  async create(collection: Collection, fields: Json = {}): Promise<Json> {
    const key = ENTITY_KEYS[collection];
    const answer = await this.call('POST', `/${collection}`, { name: this.uniqueName(key), ...fields });
    const entity = this.success(answer, 201)[key];
    this.made.push({ collection, id: entity.id });
    return entity;
  }

  async get(collection: Collection, id: string): Promise<Json> {
    return this.success(await this.call('GET', `/${collection}/${id}`), 200)[ENTITY_KEYS[collection]];
  }

  async update(collection: Collection, id: string, fields: Json): Promise<Json> {
    return this.success(await this.call('PUT', `/${collection}/${id}`, fields), 200)[ENTITY_KEYS[collection]];
  }

  /** A list, whose `count` must be right. */
  async list(collection: Collection, query = ''): Promise<Json[]> {
    const body = this.success(await this.call('GET', `/${collection}${query}`), 200);
    const entries = body[`${ENTITY_KEYS[collection]}s`];
    if (body.count !== entries.length) throw new Error(`count is ${body.count} of ${entries.length} entries`);
    return entries;
  }

  /** The body of a success, which has this status. */
  success(answer: ContractAnswer, status: number): Json {
    if (answer.status !== status) throw new Error(`expected ${status}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** The sentence of a refusal, which has this status and an `error` that is a string. */
  refusal(answer: ContractAnswer, status: number): string {
    if (answer.status !== status) throw new Error(`expected ${status}: ${answer.status} ${answer.text}`);
    const { error } = answer.body;
    if (typeof error !== 'string') throw new Error(`error is no sentence: ${answer.text}`);
    return error.toLowerCase();
  }

  private async send(
    method: string,
    path: string,
    headers: Record<string, string>,
    init: { readonly body?: string },
  ): Promise<ContractAnswer> {
    const response = await fetch(this.origin + path, { method, headers, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('application/json') === true;
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }
}
