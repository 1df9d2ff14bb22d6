import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Behaviour } from './behaviour.js';
import { BehaviourStore } from './behaviour-store.js';
import { answerChatCompletion, type ChatContext } from './chat-completions.js';
import { LISTED_MODELS } from './completion.js';
import { answerControl, CONTROL_PREFIX, sendJson } from './control-plane.js';
import { Ledger, type LedgerEntry, type LedgerSummary } from './ledger.js';
import { missingApiKey } from './openai-error.js';

/** How to start a simulator. */
export interface SimulatorOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly host?: string;
  /** Accept only this bearer token; without it any is good. */
  readonly apiKey?: string;
  /** Ledger entries kept; sums cover all requests regardless. */
  readonly entriesMax?: number;
  /** Keep request bodies in the ledger. */
  readonly recordsBodies?: boolean;
}

/** A running simulator. */
export interface Simulator {
  /** `http://host:port`, without a slash. */
  readonly url: string;
  /** What an OpenAI client takes as its base URL. */
  readonly openAiBaseUrl: string;
  ledger(): LedgerEntry[];
  summary(): LedgerSummary;
  clearLedger(): void;
  /** Behaviour of subsequent calls; with `times` only of so many. */
  setBehaviour(behaviour: Partial<Behaviour>, times?: number): void;
  resetBehaviour(): void;
  /** Breaks off what is in flight. */
  close(): Promise<void>;
}

const ENTRIES_MAX_DEFAULT = 50_000;
/** Above the idle time of any client's pool: the simulator must not race a reused connection. */
const KEEP_ALIVE_MS = 120_000;

/** Starts a provider simulator. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', apiKey = null } = options;
  const ledger = new Ledger(options.entriesMax ?? ENTRIES_MAX_DEFAULT, options.recordsBodies ?? false);
  const behaviours = new BehaviourStore();
  const context: ChatContext = { ledger, apiKey, takeBehaviour: () => behaviours.take() };
  const server = createServer((request, response) => {
    readBody(request, (rawBody, bodyBytes) => {
      if (request.url === '/v1/chat/completions' && request.method === 'POST') {
        answerChatCompletion(context, request, response, rawBody, bodyBytes);
      } else if (request.url?.startsWith(CONTROL_PREFIX) === true) {
        answerControl(ledger, behaviours, request, response, rawBody);
      } else {
        answerOther(request, response);
      }
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  await listen(server, port, host);
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${(server.address() as AddressInfo).port}`;
  return {
    url,
    openAiBaseUrl: `${url}/v1`,
    ledger: () => ledger.entries(),
    summary: () => ledger.summary(),
    clearLedger: () => ledger.clear(),
    setBehaviour: (behaviour, times) => void behaviours.set(behaviour, times ?? null),
    resetBehaviour: () => behaviours.reset(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Hot path: almost every body is a single chunk. */
function readBody(request: IncomingMessage, done: (rawBody: string, bodyBytes: number) => void): void {
  let only: Buffer | undefined;
  let all: Buffer[] | undefined;
  request.on('data', (chunk: Buffer) => {
    if (only === undefined) only = chunk;
    else (all ??= [only]).push(chunk);
  });
  request.on('end', () => {
    const body = all === undefined ? only : Buffer.concat(all);
    done(body === undefined ? '' : body.toString(), body?.length ?? 0);
  });
}

function answerOther(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split('?', 1)[0] ?? '';
  if (request.method === 'GET' && path === '/health') return sendJson(response, 200, { status: 'ok' });
  if (request.method === 'GET' && path === '/v1/models') {
    if (request.headers.authorization === undefined) return sendJson(response, 401, JSON.parse(missingApiKey.toBody()));
    const data = LISTED_MODELS.map((id) => ({ id, object: 'model', created: 1_715_367_049, owned_by: 'system' }));
    return sendJson(response, 200, { object: 'list', data });
  }
  const message = `Invalid URL (${request.method} ${path})`;
  sendJson(response, 404, { error: { message, type: 'invalid_request_error', param: null, code: null } });
}
