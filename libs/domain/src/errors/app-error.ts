import { catalogue, type ErrorCode } from './catalogue.js';

/** One field of a request that is not acceptable. */
export interface FieldProblem {
  /** Dotted path from the root of the body. */
  readonly path: string;
  readonly reason: string;
}

/** What an error may carry besides its code. */
export interface AppErrorOptions {
  /** A sentence for the caller: public by definition. The catalogue's title when absent. */
  readonly detail?: string;
  readonly fields?: readonly FieldProblem[];
  /** Private: for the log only. */
  readonly cause?: unknown;
  /** Machine-readable details for the caller: public by definition. */
  readonly data?: Record<string, unknown>;
}

/** A failure with a code from the catalogue; HTTP and wording are decided at the edge. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail?: string;
  readonly fields?: readonly FieldProblem[];
  readonly data?: Record<string, unknown>;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    const entry = catalogue[code];
    super(options.detail ?? entry.title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = entry.status;
    if (options.detail !== undefined) this.detail = options.detail;
    if (options.fields !== undefined) this.fields = options.fields;
    if (options.data !== undefined) this.data = options.data;
  }
}
