import type { IncomingMessage, ServerResponse } from 'node:http';
import { BehaviourError } from './behaviour.js';
import type { BehaviourStore } from './behaviour-store.js';
import type { Ledger } from './ledger.js';

/** Prefix of everything that is not the provider's own API. */
export const CONTROL_PREFIX = '/__sim/';

/** Answers the routes under {@link CONTROL_PREFIX}. */
export function answerControl(
  ledger: Ledger,
  behaviours: BehaviourStore,
  request: IncomingMessage,
  response: ServerResponse,
  rawBody: string,
): void {
  const path = (request.url ?? '').split('?', 1)[0];
  switch (`${request.method} ${path}`) {
    case 'GET /__sim/ledger':
      return sendJson(response, 200, { entries: ledger.entries(), summary: ledger.summary() });
    case 'GET /__sim/ledger/summary':
      return sendJson(response, 200, ledger.summary());
    case 'DELETE /__sim/ledger':
      ledger.clear();
      return sendJson(response, 200, { message: 'Ledger cleared.' });
    case 'GET /__sim/behaviour':
      return sendJson(response, 200, behaviours.get());
    case 'PUT /__sim/behaviour':
      return putBehaviour(behaviours, response, rawBody);
    case 'DELETE /__sim/behaviour':
      behaviours.reset();
      return sendJson(response, 200, behaviours.get());
    default:
      return sendJson(response, 404, { error: `The simulator has no ${request.method} ${path}.` });
  }
}

/** Body: a behaviour, plus `times` when it shall hold for so many calls only. */
function putBehaviour(behaviours: BehaviourStore, response: ServerResponse, rawBody: string): void {
  let body: unknown;
  try {
    body = JSON.parse(rawBody);
  } catch {
    return sendJson(response, 400, { error: 'The body is not JSON.' });
  }
  const { times = null, ...behaviour } = (typeof body === 'object' ? body : {}) as Record<string, unknown>;
  if (times !== null && !(Number.isSafeInteger(times) && (times as number) >= 1)) {
    return sendJson(response, 400, { error: '"times" must be a count of 1 or more.' });
  }
  try {
    sendJson(response, 200, behaviours.set(behaviour, times as number | null));
  } catch (error) {
    if (!(error instanceof BehaviourError)) throw error;
    sendJson(response, 400, { error: error.message });
  }
}

/** Answers with a JSON body. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))]);
  response.end(body);
}
