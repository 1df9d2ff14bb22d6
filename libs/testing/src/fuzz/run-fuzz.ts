import { Agent } from 'node:http';

import fc from 'fast-check';

import { answerCheckOf, type FuzzAnswer } from './answer-check.js';
import { plannedRequests } from './arbitrary-requests.js';
import type { FieldHints } from './arbitrary-values.js';
import { EntityPool, singularOf } from './entity-pool.js';
import { type ApiOperation, operationsOf, type OpenApiDocument } from './openapi-document.js';
import { sendRequest, toWireRequest, type WireRequest } from './send-request.js';

/** What to send, and where. */
export interface FuzzOptions {
  /** The running app; its document is read from `/openapi.json`. */
  readonly baseUrl: string;
  /** Headers that identify who sends the request at this place in the run. */
  readonly credential: (index: number, operation: ApiOperation) => Promise<Readonly<Record<string, string>>>;
  /** The same seed and count make the same requests. */
  readonly seed: number;
  readonly count: number;
  /** Requests under way at once; more than one makes the answers depend on timing. 1 unless told otherwise. */
  readonly concurrency?: number;
  readonly hints?: FieldHints;
  readonly beforeEach?: (request: { readonly advanceMs: number }) => void;
  /**
   * Called before each request, for what requests need that others take away. Ids in what it returns are met by later
   * requests, as those in answers are.
   */
  readonly upkeep?: (index: number) => Promise<unknown>;
  /** Operations that cannot succeed in this run: none of the last requests is spent on them. */
  readonly hopeless?: readonly string[];
  /** Called with the parsed body of every 2xx answer; undefined where it is not JSON. */
  readonly onSuccess?: (body: unknown) => Promise<void>;
}

/** The first request of those whose answer was not as the document says for the same reason. */
export interface FuzzViolation {
  /** Place in the run, from 0. */
  readonly index: number;
  readonly operation: string;
  readonly reason: string;
  readonly request: string;
  readonly answer: string;
}

/** What came of a run. */
export interface FuzzReport {
  readonly violations: readonly FuzzViolation[];
  /** Operations of the document that never succeeded: what the run says about them is little. */
  readonly neverSucceeded: readonly string[];
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
}

const SHOWN_CHARS = 400;
/** Operations that no request got right yet get so many more, at the end, as often as this. */
const MORE_EACH = 6;
const MORE_ROUNDS = 8;

/**
 * Sends generated requests over every operation of an app's document and checks every answer against it. A few more
 * than `count` go to the operations that none of them got right.
 */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { baseUrl, credential, seed, count, concurrency = 1, hints = () => undefined, hopeless = [] } = options;
  const document = (await (await fetch(`${baseUrl}/openapi.json`)).json()) as OpenApiDocument;
  const check = answerCheckOf(document);
  const operations = operationsOf(document);
  const ofAll = plannedRequests(document, operations, hints);
  const plans = fc.sample(ofAll, { seed, numRuns: count });
  const pool = new EntityPool();
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const violations = new Map<string, FuzzViolation>();
  const statuses: Record<string, number> = {};
  const succeeded = new Set<string>();

  const send = async (index: number): Promise<void> => {
    const plan = plans[index];
    if (plan === undefined) return;
    options.beforeEach?.(plan);
    pool.learn(await options.upkeep?.(index));
    const wire = toWireRequest(plan, pool, await credential(index, plan.operation));
    const { name, method } = plan.operation;
    const answer = await sendRequest(baseUrl, agent, wire).catch((error: Error) => lost(error));
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    const reason = check(name, answer);
    // The same fault in another entry of a list is the same fault.
    const kind = `${name} ${reason?.replaceAll(/\/\d+(?=\/)/g, '/0')}`;
    if (reason !== undefined && !violations.has(kind)) {
      violations.set(kind, { index, operation: name, reason, ...shown(wire, answer) });
    }
    if (answer.status < 200 || answer.status > 299) return;
    succeeded.add(name);
    // An export is no JSON, and names nothing that a route does not.
    const isJson = answer.contentType?.startsWith('application/json') === true;
    const body: unknown = reason === undefined && isJson ? JSON.parse(answer.text) : undefined;
    if (method === 'DELETE') forgetDeleted(pool, wire.path);
    else pool.learn(body);
    await options.onSuccess?.(body);
  };
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < plans.length) {
      next += 1;
      // One after another is what makes a run the same for the same seed.
      // oxlint-disable-next-line no-await-in-loop
      await send(next - 1);
    }
  };
  const sendAll = (): Promise<unknown> => Promise.all(Array.from({ length: concurrency }, worker));
  await sendAll();
  for (let round = 1; round <= MORE_ROUNDS; round += 1) {
    const missing = operations.filter(({ name }) => !succeeded.has(name) && !hopeless.includes(name));
    if (missing.length === 0) break;
    const more = { seed: seed + round, numRuns: missing.length * MORE_EACH * 2 };
    // Others come between them: what is missing may need what they make.
    plans.push(...fc.sample(fc.oneof(plannedRequests(document, missing, hints), ofAll), more));
    // What is missing is known when the requests before have been answered.
    // oxlint-disable-next-line no-await-in-loop
    await sendAll();
  }
  agent.destroy();
  return {
    violations: [...violations.values()],
    statuses,
    neverSucceeded: operations.map(({ name }) => name).filter((name) => !succeeded.has(name)),
  };
}

/** A connection that broke before an answer counts as a failure of the server. */
function lost(error: Error): FuzzAnswer {
  return { status: 599, contentType: undefined, text: error.message };
}

function forgetDeleted(pool: EntityPool, path: string): void {
  const parts = (path.split('?', 1)[0] ?? '').split('/');
  const [kinds = '', id = ''] = parts.slice(-2);
  pool.forget(singularOf(kinds), id);
}

function shown(wire: WireRequest, answer: FuzzAnswer): Pick<FuzzViolation, 'request' | 'answer'> {
  const { method, path, headers, body = '' } = wire;
  return {
    request: `${method} ${path.slice(0, SHOWN_CHARS)} ${headers['content-type'] ?? ''} ${body.slice(0, SHOWN_CHARS)}`,
    answer: `${answer.status} ${answer.text.slice(0, SHOWN_CHARS)}`,
  };
}
