/** Where one member of the top-level object of a JSON text stands. Offsets are in bytes. */
interface MemberSpan {
  readonly valueStart: number;
  readonly valueEnd: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * Sets members of the top-level object of a JSON text and leaves every other byte as the caller wrote it: numbers
 * that a parser would round, unknown fields and their order all reach the provider unchanged.
 *
 * The text must be a valid JSON object (the caller has parsed it).
 */
export function setJsonMembers(json: Buffer, members: Readonly<Record<string, unknown>>): Buffer {
  const spans = findMembers(json, Object.keys(members));
  const edits: { start: number; end: number; text: string }[] = [];
  const added: string[] = [];
  for (const [name, value] of Object.entries(members)) {
    const found = spans.get(name);
    const text = JSON.stringify(value);
    if (found === undefined) {
      added.push(`${JSON.stringify(name)}:${text}`);
    } else {
      // A name that stands twice is set twice: which one a provider reads is not ours to guess.
      for (const span of found) edits.push({ start: span.valueStart, end: span.valueEnd, text });
    }
  }
  if (added.length > 0) {
    const start = json.indexOf(OPEN_BRACE) + 1;
    const isEmpty = json[skipSpace(json, start)] === CLOSE_BRACE;
    edits.push({ start, end: start, text: added.join(',') + (isEmpty ? '' : ',') });
  }
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: Buffer[] = [];
  let copied = 0;
  for (const edit of edits) {
    parts.push(json.subarray(copied, edit.start), Buffer.from(edit.text));
    copied = edit.end;
  }
  parts.push(json.subarray(copied));
  return Buffer.concat(parts);
}

/**
 * Which of these names stand more than once at the top level of a JSON object, however their letters are escaped.
 *
 * The text must be a valid JSON object (the caller has parsed it).
 */
export function duplicateJsonMembers(json: Buffer, names: readonly string[]): string[] {
  const spans = findMembers(json, names);
  return names.filter((name) => (spans.get(name)?.length ?? 0) > 1);
}

/** Spans of the values of the named members, top level only. */
function findMembers(json: Buffer, names: readonly string[]): Map<string, MemberSpan[]> {
  const found = new Map<string, MemberSpan[]>();
  let at = json.indexOf(OPEN_BRACE) + 1;
  for (;;) {
    at = skipSpace(json, at);
    if (at >= json.length || json[at] === CLOSE_BRACE) return found;
    if (json[at] === COMMA) {
      at += 1;
      continue;
    }
    const nameEnd = endOfString(json, at);
    const name = JSON.parse(json.toString('utf8', at, nameEnd)) as string;
    at = skipSpace(json, nameEnd);
    if (json[at] === COLON) at = skipSpace(json, at + 1);
    const valueEnd = endOfValue(json, at);
    if (names.includes(name)) {
      const spans = found.get(name) ?? [];
      spans.push({ valueStart: at, valueEnd });
      found.set(name, spans);
    }
    at = valueEnd;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && isSpace(json[at]!)) at += 1;
  return at;
}

/** Offset after the string that begins at `from`. */
function endOfString(json: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    const quote = json.indexOf(QUOTE, at);
    if (quote === -1) return json.length;
    let backslashes = 0;
    while (json[quote - 1 - backslashes] === BACKSLASH) backslashes += 1;
    at = quote + 1;
    if (backslashes % 2 === 0) return at;
  }
}

/** Offset after the value that begins at `from`. */
function endOfValue(json: Buffer, from: number): number {
  const first = json[from];
  if (first === QUOTE) return endOfString(json, from);
  let at = from;
  if (first === OPEN_BRACE || first === OPEN_BRACKET) {
    let depth = 0;
    while (at < json.length) {
      const byte = json[at]!;
      if (byte === QUOTE) {
        at = endOfString(json, at);
        continue;
      }
      at += 1;
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) return at;
      }
    }
    return at;
  }
  while (at < json.length) {
    const byte = json[at]!;
    if (byte === COMMA || byte === CLOSE_BRACE || isSpace(byte)) return at;
    at += 1;
  }
  return at;
}
