import type { IncomingMessage } from 'node:http';

/**
 * How one request ended, seen from the provider. `open`: still being answered. `finished`: every byte was handed to
 * the operating system. `cut`: the simulator broke it off as told. `client_gone`: the caller left first.
 */
export type Ending = 'open' | 'finished' | 'cut' | 'client_gone';

/** What the simulator truly served for one request. */
export interface LedgerEntry {
  readonly sequence: number;
  /** The caller's `x-request-id`, null without one. */
  readonly requestId: string | null;
  /** Id in the answer. */
  completionId: string | null;
  model: string | null;
  isStream: boolean;
  /** Whether the body was a chat completion request that OpenAI accepts. */
  isValid: boolean;
  status: number;
  /** Usage as stated or as it would be stated at the end of the stream. Zero for errors. */
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  reasoningTokens: number;
  /** Completion tokens produced so far: less than `completionTokens` for a stream that was broken off. */
  completionTokensSent: number;
  chunksSent: number;
  ending: Ending;
  readonly authorization: string | null;
  readonly bodyBytes: number;
  /** Only when bodies are recorded. */
  readonly body: string | null;
  readonly headerNames: readonly string[];
  readonly startedAtMs: number;
  finishedAtMs: number | null;
}

/** Counts and sums over all requests since the ledger was cleared, including entries no longer kept. */
export interface LedgerSummary {
  requests: number;
  open: number;
  finished: number;
  cut: number;
  clientGone: number;
  /** Answered 2xx to the last byte: the calls a customer can be charged for in full. */
  completed: number;
  /** Answered with an HTTP error. */
  errors: number;
  invalid: number;
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  reasoningTokens: number;
  entriesKept: number;
}

/** Keeps the newest entries and exact sums over all of them. */
export class Ledger {
  readonly #entriesMax: number;
  readonly #recordsBodies: boolean;
  readonly #entries = new Map<number, LedgerEntry>();
  #sums = emptySums();
  #sequence = 0;

  constructor(entriesMax: number, recordsBodies: boolean) {
    this.#entriesMax = entriesMax;
    this.#recordsBodies = recordsBodies;
  }

  /** Hot path: opens the entry of a request. */
  open(request: IncomingMessage, body: string, bodyBytes: number): LedgerEntry {
    this.#sequence += 1;
    const { headers } = request;
    const requestId = headers['x-request-id'];
    const entry: LedgerEntry = {
      sequence: this.#sequence,
      requestId: typeof requestId === 'string' ? requestId : null,
      completionId: null,
      model: null,
      isStream: false,
      isValid: false,
      status: 0,
      promptTokens: 0,
      cachedTokens: 0,
      completionTokens: 0,
      reasoningTokens: 0,
      completionTokensSent: 0,
      chunksSent: 0,
      ending: 'open',
      authorization: headers.authorization ?? null,
      bodyBytes,
      body: this.#recordsBodies ? body : null,
      headerNames: Object.keys(headers),
      startedAtMs: Date.now(),
      finishedAtMs: null,
    };
    this.#entries.set(entry.sequence, entry);
    if (this.#entries.size > this.#entriesMax) this.#dropOldest();
    this.#sums.requests += 1;
    return entry;
  }

  /** Closes an entry; later calls for the same entry change nothing. */
  close(entry: LedgerEntry, ending: Exclude<Ending, 'open'>): void {
    if (entry.ending !== 'open') return;
    entry.ending = ending;
    entry.finishedAtMs = Date.now();
    // An entry opened before clear() is nobody's business any more.
    if (entry.sequence <= this.#clearedUpTo) return;
    const sums = this.#sums;
    if (ending === 'finished') sums.finished += 1;
    else if (ending === 'cut') sums.cut += 1;
    else sums.clientGone += 1;
    if (!entry.isValid) sums.invalid += 1;
    if (entry.status >= 400) sums.errors += 1;
    else if (ending === 'finished') sums.completed += 1;
    sums.promptTokens += entry.promptTokens;
    sums.cachedTokens += entry.cachedTokens;
    sums.completionTokens += entry.completionTokensSent;
    sums.reasoningTokens += entry.completionTokensSent === 0 ? 0 : entry.reasoningTokens;
  }

  #clearedUpTo = 0;

  /** Forgets everything, also what is still open. */
  clear(): void {
    this.#clearedUpTo = this.#sequence;
    this.#entries.clear();
    this.#sums = emptySums();
  }

  /** Entries still kept, oldest first. They are live: an open one goes on changing. */
  entries(): LedgerEntry[] {
    return [...this.#entries.values()];
  }

  summary(): LedgerSummary {
    const sums = this.#sums;
    const open = sums.requests - sums.finished - sums.cut - sums.clientGone;
    return { ...sums, open, entriesKept: this.#entries.size };
  }

  #dropOldest(): void {
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) this.#entries.delete(oldest.value);
  }
}

function emptySums(): Omit<LedgerSummary, 'open' | 'entriesKept'> {
  return {
    requests: 0,
    finished: 0,
    cut: 0,
    clientGone: 0,
    completed: 0,
    errors: 0,
    invalid: 0,
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
    reasoningTokens: 0,
  };
}
