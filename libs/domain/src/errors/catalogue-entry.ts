/** Error types that OpenAI's clients know. */
export type OpenAiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'insufficient_quota'
  | 'server_error';

/** error: a human should look; warn: degraded but served or shed; info: the caller's business. */
export type LogLevel = 'info' | 'warn' | 'error';

/** Everything the house knows about one kind of failure. */
export interface CatalogueEntry {
  /** HTTP status, unless a surface has its own. */
  readonly status: number;
  /** Status where the credential came as `Authorization: Bearer`, `x-api-key` or `x-goog-api-key`: SDKs expect 401. */
  readonly statusBearer?: number;
  readonly openAiType: OpenAiErrorType;
  /** `type` of the governance dialect, where clients of that dialect know one. */
  readonly bifrostType?: string;
  /** One line; a sentence a caller may read. */
  readonly title: string;
  /** What would help. */
  readonly remedy: string;
  /** Paragraph for the documentation: when it happens and what to check. */
  readonly explanation: string;
  /** The same request may succeed later without a change. */
  readonly isRetryable: boolean;
  readonly logLevel: LogLevel;
}
