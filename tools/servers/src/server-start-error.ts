/** A server did not start. The message is one sentence that says what to do; `output` is for whoever wants more. */
export class ServerStartError extends Error {
  constructor(
    message: string,
    readonly output = '',
  ) {
    super(message);
    this.name = 'ServerStartError';
  }
}
