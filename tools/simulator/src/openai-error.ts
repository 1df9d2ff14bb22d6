/** An error as OpenAI answers it. */
export class OpenAiError extends Error {
  override readonly name = 'OpenAiError';

  constructor(
    readonly status: number,
    message: string,
    readonly type: string,
    readonly code: string | null = null,
    readonly param: string | null = null,
  ) {
    super(message);
  }

  /** The body on the wire. */
  toBody(): string {
    const { message, type, param, code } = this;
    return JSON.stringify({ error: { message, type, param, code } });
  }
}

const INVALID = 'invalid_request_error';

/** A 400 that names the parameter at fault. */
export function invalidRequest(message: string, code: string | null = null, param: string | null = null): OpenAiError {
  return new OpenAiError(400, message, INVALID, code, param);
}

export const missingApiKey = new OpenAiError(
  401,
  "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
  INVALID,
);

const incorrectApiKey = new OpenAiError(401, 'Incorrect API key provided.', INVALID, 'invalid_api_key');

const byStatus: ReadonlyMap<number, OpenAiError> = new Map([
  [401, incorrectApiKey],
  [403, new OpenAiError(403, 'You are not allowed to sample from this model', INVALID, 'model_not_allowed')],
  [
    429,
    new OpenAiError(429, 'Rate limit reached for requests. Please try again later.', 'requests', 'rate_limit_exceeded'),
  ],
  [
    500,
    new OpenAiError(500, 'The server had an error while processing your request. Sorry about that!', 'server_error'),
  ],
  [
    503,
    new OpenAiError(503, 'The engine is currently overloaded, please try again later', 'server_error', 'overloaded'),
  ],
]);

/** The error a call gets that was told to fail with an HTTP status. */
export function errorOfStatus(status: number): OpenAiError {
  const known = byStatus.get(status);
  if (known !== undefined) return known;
  return new OpenAiError(status, `Simulated error ${status}.`, status < 500 ? INVALID : 'server_error');
}

/** The 401 for a key that is not the configured one. */
export function wrongApiKey(): OpenAiError {
  return incorrectApiKey;
}

/** The 404 for a model that does not exist. */
export function modelNotFound(model: string): OpenAiError {
  return new OpenAiError(
    404,
    `The model \`${model}\` does not exist or you do not have access to it.`,
    INVALID,
    'model_not_found',
  );
}
