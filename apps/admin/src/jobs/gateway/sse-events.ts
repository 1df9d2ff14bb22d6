const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);
/** An event larger than this is passed on in pieces, unread. */
const EVENT_BYTES_MAX = 8 * 1024 * 1024;

/** Cuts a stream into server-sent events, each with its closing blank line, byte for byte as they came. */
export class SseEvents {
  private tail: Buffer = EMPTY;

  /** Takes one chunk; returns the events that it completes. */
  push(chunk: Buffer): Buffer[] {
    const data = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    const events: Buffer[] = [];
    let start = 0;
    for (let end = endOfEvent(data, start); end !== -1; end = endOfEvent(data, start)) {
      events.push(data.subarray(start, end));
      start = end;
    }
    this.tail = data.subarray(start);
    if (this.tail.length > EVENT_BYTES_MAX) events.push(this.end());
    return events;
  }

  /** What is left when the stream ends without a blank line; empty when nothing is. */
  end(): Buffer {
    const rest = this.tail;
    this.tail = EMPTY;
    return rest;
  }
}

/** OpenAI's last event: the answer is whole. */
export function isDone(event: Buffer): boolean {
  const text = event.toString('latin1', 0, 16);
  return text.startsWith('data: [DONE]') || text.startsWith('data:[DONE]');
}

/** The payload of an event that carries an error instead of a chunk; undefined for any other. */
export function errorPayloadOf(event: Buffer): string | undefined {
  const head = event.toString('latin1', 0, 24);
  if (!/^data:\s?\{\s*"error"/.test(head)) return undefined;
  return event.toString('utf8').trim().slice('data:'.length).trim();
}

/** Offset after the blank line that ends the event at `from`; -1 when it is not there yet. */
function endOfEvent(data: Buffer, from: number): number {
  let at = data.indexOf(NEWLINE, from);
  while (at !== -1) {
    const next = data[at + 1];
    if (next === NEWLINE) return at + 2;
    if (next === CARRIAGE_RETURN && data[at + 2] === NEWLINE) return at + 3;
    at = data.indexOf(NEWLINE, at + 1);
  }
  return -1;
}
