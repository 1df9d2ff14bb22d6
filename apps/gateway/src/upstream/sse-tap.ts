/** What the tap found in one complete server-sent event. */
export interface SseEvent {
  /** The event's bytes, its closing blank line included, exactly as the provider sent them. */
  readonly bytes: Buffer;
  readonly isDone: boolean;
  /** The `usage` object of a chunk, unparsed further; undefined for the many events without one. */
  readonly usage?: unknown;
  /** True for OpenAI's extra chunk that carries usage and no choices. */
  readonly isUsageOnly: boolean;
  /** The `model` of a chunk that carried usage. */
  readonly model?: string;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const EMPTY = Buffer.alloc(0);

/** Text of the model is remembered up to here; beyond, the hold's own amount is the better answer. */
const TEXT_CHARS_MAX = 4_000_000;
/** An event larger than this is no event of a chat completion; the stream is passed on without being read. */
const EVENT_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Splits a stream into server-sent events and reads on the side what accounting needs. Never throws: an event that
 * cannot be read is passed on like any other.
 *
 * Not shared between calls.
 */
export class SseTap {
  private tail: Buffer = EMPTY;
  private textChars = 0;
  private readonly texts: string[] = [];

  /** Takes one chunk of the body; returns the events that it completes. */
  push(chunk: Buffer): SseEvent[] {
    const data = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    const events: SseEvent[] = [];
    let start = 0;
    for (;;) {
      const end = endOfEvent(data, start);
      if (end === -1) break;
      events.push(this.read(data.subarray(start, end)));
      start = end;
    }
    this.tail = start === data.length ? EMPTY : data.subarray(start);
    if (this.tail.length > EVENT_BYTES_MAX) {
      events.push({ bytes: this.tail, isDone: false, isUsageOnly: false });
      this.tail = EMPTY;
    }
    return events;
  }

  /** What is left when the provider ends the stream without a blank line; undefined when nothing is. */
  end(): SseEvent | undefined {
    if (this.tail.length === 0) return undefined;
    const rest = this.tail;
    this.tail = EMPTY;
    return this.read(rest);
  }

  /** All generated text seen so far, decoded: content, refusals and tool arguments. */
  generatedText(): string {
    return this.texts.map(decodeJsonText).join('');
  }

  /* Hot path: one call per event. */
  private read(bytes: Buffer): SseEvent {
    const text = bytes.toString('utf8');
    if (text.startsWith('data: [DONE]') || text.startsWith('data:[DONE]')) {
      return { bytes, isDone: true, isUsageOnly: false };
    }
    this.remember(text, '"content":');
    this.remember(text, '"arguments":');
    this.remember(text, '"refusal":');
    this.remember(text, '"reasoning_content":');
    this.remember(text, '"reasoning":');
    if (!text.includes('"usage":') || text.includes('"usage":null'))
      return { bytes, isDone: false, isUsageOnly: false };
    const parsed = parseData(text);
    if (parsed === undefined) return { bytes, isDone: false, isUsageOnly: false };
    const { usage, choices, model } = parsed;
    return {
      bytes,
      isDone: false,
      usage,
      isUsageOnly: Array.isArray(choices) && choices.length === 0,
      ...(typeof model === 'string' ? { model } : {}),
    };
  }

  /** Keeps the raw text of the string after `marker`, if it is one; decoding waits until somebody asks. */
  private remember(text: string, marker: string): void {
    let at = text.indexOf(marker);
    while (at !== -1 && this.textChars < TEXT_CHARS_MAX) {
      let start = at + marker.length;
      while (text.charCodeAt(start) === SPACE) start += 1;
      if (text.charCodeAt(start) !== QUOTE) {
        at = text.indexOf(marker, start);
        continue;
      }
      start += 1;
      let end = text.indexOf('"', start);
      while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
      if (end === -1) return;
      if (end > start) {
        this.texts.push(text.slice(start, end));
        this.textChars += end - start;
      }
      at = text.indexOf(marker, end);
    }
  }
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes += 1;
  return backslashes % 2 === 1;
}

function decodeJsonText(raw: string): string {
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
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

function parseData(text: string): Record<string, unknown> | undefined {
  const payload = text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5).trimStart())
    .join('\n');
  try {
    const value: unknown = JSON.parse(payload);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
