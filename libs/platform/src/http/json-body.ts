import { isUtf8 } from 'node:buffer';

import { AppError } from '@penstock/domain';

/** The key as it may be spelled in JSON text, escapes included; a hit in a string value only costs the walk. */
const suspiciousKey =
  /"(?:_|\\u005[fF]){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006[fF])(?:t|\\u0074)(?:o|\\u006[fF])(?:_|\\u005[fF]){2}"\s*:/;

/** How a body is read. */
export interface JsonBodyOptions {
  depthMax?: number;
  /** How many objects and members of objects there may be; each costs validation some 20 us. */
  membersMax?: number;
  /** How many entries of lists there may be; each costs validation some 4 us. */
  entriesMax?: number;
  /** Whole numbers that a double would round become a bigint; DTOs decide whether they take one. */
  keepsLargeIntegers?: boolean;
}

/**
 * Parses a request body. Nothing at all is not an error: clients send `Content-Type: application/json` with a
 * DELETE. Messages never quote the body.
 * @throws AppError
 */
export function parseJsonBody(bytes: Buffer, options: JsonBodyOptions = {}): unknown {
  if (bytes.length === 0) {
    return undefined;
  }
  if (!isUtf8(bytes)) {
    throw new AppError('request_malformed_json', { detail: 'The request body is not valid UTF-8.' });
  }
  const text = bytes.toString('utf8');
  if (options.depthMax !== undefined && nestingOf(text) > options.depthMax) {
    throw new AppError('request_invalid', {
      detail: `The request body is nested deeper than ${options.depthMax} levels.`,
    });
  }
  const revive = options.keepsLargeIntegers === true && longNumber.test(text) ? keepLargeInteger : undefined;
  const value = parse(text.charCodeAt(0) === 0xfe_ff ? text.slice(1) : text, revive);
  if (suspiciousKey.test(text) && hasProtoKey(value)) {
    throw new AppError('request_invalid', { detail: 'The request body must not have a key named __proto__.' });
  }
  refuseTooMany(value, text.length, options);
  return value;
}

/** Below 16 digits every integer is exact in a double; the reviver costs, so it is used only where it may matter. */
const longNumber = /\d{16}/;

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

const keepLargeInteger: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && /^-?\d{16,40}$/.test(source) && !Number.isSafeInteger(value)
    ? BigInt(source)
    : value;

function parse(text: string, revive: Reviver | undefined): unknown {
  try {
    // The third argument of a reviver is standard; TypeScript's ES2024 library does not know it yet.
    return JSON.parse(text, revive as ((key: string, value: unknown) => unknown) | undefined);
  } catch (error) {
    // V8's message quotes the body; only the position is safe to repeat.
    const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
    const place = position === undefined ? '' : ` (at character ${position})`;
    throw new AppError('request_malformed_json', { detail: `The request body is not valid JSON${place}.` });
  }
}

/** A member takes at least three characters, `{},` or `1:2`, and an entry two: most texts are too short to look. */
function refuseTooMany(value: unknown, chars: number, { membersMax, entriesMax }: JsonBodyOptions): void {
  const isMembersPossible = membersMax !== undefined && chars > 3 * membersMax;
  const isEntriesPossible = entriesMax !== undefined && chars > 2 * entriesMax;
  if (!isMembersPossible && !isEntriesPossible) return;
  const { members, entries } = sizeOf(value);
  if (membersMax !== undefined && members > membersMax) {
    throw new AppError('request_invalid', { detail: `The request body has more than ${membersMax} fields.` });
  }
  if (entriesMax !== undefined && entries > entriesMax) {
    throw new AppError('request_invalid', { detail: `The request body has more than ${entriesMax} list entries.` });
  }
}

function sizeOf(root: unknown): { members: number; entries: number } {
  const pending: unknown[] = [root];
  let members = 0;
  let entries = 0;
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    const inside: unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (Array.isArray(value)) entries += inside.length;
    else members += inside.length + 1;
    for (const one of inside) {
      if (typeof one === 'object') pending.push(one);
    }
  }
  return { members, entries };
}

/** Iterative, because the value may be nested deeper than the stack. */
function hasProtoKey(root: unknown): boolean {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'object' && value !== null) {
      if (Object.hasOwn(value, '__proto__')) {
        return true;
      }
      pending.push(...Object.values(value));
    }
  }
  return false;
}

/** How deep brackets nest outside strings; an upper bound for text that is not JSON. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text.charCodeAt(index);
    if (isInString) {
      if (char === 0x5c) {
        index += 1;
      } else if (char === 0x22) {
        isInString = false;
      }
    } else if (char === 0x22) {
      isInString = true;
    } else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (char === 0x7d || char === 0x5d) {
      depth -= 1;
    }
  }
  return deepest;
}
