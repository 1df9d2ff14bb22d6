/** Redis did not answer in time or at all. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';

  constructor(
    message: string,
    /** False when the command certainly never left; otherwise what it did is unknown, and it may yet be applied. */
    readonly mayHaveRun: boolean,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
