import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

import { errorIn } from '../gateway/gateway-refusal.js';
import { errorPayloadOf, isDone, SseEvents } from '../gateway/sse-events.js';

/** How a stream ended, everything but its last event being out. */
export type StreamEnd =
  /** The answer is whole. `lastEvent` is held back until the call is accounted for; undefined: there was none. */
  | { readonly kind: 'whole'; readonly lastEvent: Buffer | undefined }
  /** It broke off. `wasTold`: the client has read why, in an event of the gateway's. */
  | { readonly kind: 'broken'; readonly reason: string; readonly wasTold: boolean; readonly cause?: unknown }
  | { readonly kind: 'client_gone' };

/** What is relayed, and to whom. */
export interface Relay {
  readonly from: AsyncIterable<Buffer>;
  readonly to: ServerResponse;
  readonly jobId: string;
  readonly headers: OutgoingHttpHeaders;
  /** Longest silence towards the client. */
  readonly keepaliveMs: number;
}

/**
 * Passes a stream on event by event, as each comes: the first token goes out when it comes in. Nothing is read faster
 * than the client takes it. Ends without the last event, so that the call can be accounted for before it goes out.
 */
export async function relayStream({ from, to, jobId, headers, keepaliveMs }: Relay): Promise<StreamEnd> {
  if (to.destroyed) return { kind: 'client_gone' };
  to.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    connection: 'keep-alive',
    // Tells nginx and its likes not to collect the answer before passing it on.
    'x-accel-buffering': 'no',
    'x-job-id': jobId,
  });
  to.write(`: job ${jobId}\n\n`);
  // Only whole events are written, so a comment never lands inside of one.
  const keepalive = setInterval(() => {
    if (!to.writableNeedDrain) to.write(': keepalive\n\n');
  }, keepaliveMs);
  try {
    return await pump(from, to, () => keepalive.refresh());
  } catch (cause) {
    if (to.destroyed) return { kind: 'client_gone' };
    return {
      kind: 'broken',
      reason: 'The connection to the gateway broke before the answer was complete.',
      wasTold: false,
      cause,
    };
  } finally {
    clearInterval(keepalive);
  }
}

async function pump(from: AsyncIterable<Buffer>, to: ServerResponse, onWritten: () => void): Promise<StreamEnd> {
  const events = new SseEvents();
  let reason: string | undefined;
  let lastEvent: Buffer | undefined;
  const take = async (event: Buffer): Promise<void> => {
    const payload = errorPayloadOf(event);
    if (payload !== undefined) reason = messageIn(payload);
    await write(to, event);
    onWritten();
  };
  for await (const chunk of from) {
    for (const event of events.push(chunk)) {
      // Read on to the end of the answer: only then can its connection serve another call.
      if (isDone(event) && reason === undefined) lastEvent = event;
      else if (lastEvent === undefined) await take(event);
    }
    if (to.destroyed) return { kind: 'client_gone' };
  }
  if (lastEvent !== undefined) return { kind: 'whole', lastEvent };
  const rest = events.end();
  if (isDone(rest) && reason === undefined) return { kind: 'whole', lastEvent: rest };
  if (rest.length > 0) await take(rest);
  if (to.destroyed) return { kind: 'client_gone' };
  return reason === undefined ? { kind: 'whole', lastEvent: undefined } : { kind: 'broken', reason, wasTold: true };
}

async function write(to: ServerResponse, bytes: Buffer): Promise<void> {
  if (to.destroyed || to.write(bytes)) return;
  await Promise.race([once(to, 'drain'), once(to, 'close')]);
}

function messageIn(payload: string): string {
  const { message } = errorIn(payload);
  return typeof message === 'string' && message !== '' ? message : 'The provider broke its answer off.';
}
