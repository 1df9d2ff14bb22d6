/** Something the user can act on: one sentence that says what to do, and what the failing program said. */
export class StartError extends Error {
  constructor(
    message: string,
    readonly output = '',
  ) {
    super(message);
    this.name = 'StartError';
  }
}
