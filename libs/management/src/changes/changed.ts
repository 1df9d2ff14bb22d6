/** The answer to a mutation, and whether every gateway can know of it already. */
export class Changed<T> {
  constructor(
    readonly body: T,
    /** False: committed, but Redis is away; the outbox relay announces it later. */
    readonly isPropagated: boolean,
  ) {}

  map<U>(convert: (body: T) => U): Changed<U> {
    return new Changed(convert(this.body), this.isPropagated);
  }
}
