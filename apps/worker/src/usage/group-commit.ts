interface Waiting<T> {
  readonly items: readonly T[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds of a {@link GroupCommit}. */
export interface GroupCommitOptions {
  /** Most items of one commit; a larger group that arrives as one stays one. */
  readonly itemsMax: number;
  /** Commits at once. */
  readonly parallelMax: number;
}

/**
 * Commits what several callers bring as one. A commit costs nearly the same for ten items as for a thousand, so
 * whatever arrives while the database is busy goes together next; an idle database is used at once.
 */
export class GroupCommit<T> {
  private readonly waiting: Waiting<T>[] = [];
  private running = 0;

  constructor(
    private readonly commit: (items: readonly T[]) => Promise<void>,
    private readonly options: GroupCommitOptions,
  ) {}

  /** Resolves when the items are committed; rejects with the failure of the commit they were part of. */
  add(items: readonly T[]): Promise<void> {
    if (items.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ items, resolve, reject });
      this.pump();
    });
  }

  private pump(): void {
    while (this.running < this.options.parallelMax && this.waiting.length > 0) {
      const group = this.takeGroup();
      this.running += 1;
      this.commit(group.flatMap(({ items }) => items)).then(
        () => this.end(group, ({ resolve }) => resolve()),
        (error: unknown) => this.end(group, ({ reject }) => reject(error)),
      );
    }
  }

  private end(group: readonly Waiting<T>[], tell: (one: Waiting<T>) => void): void {
    this.running -= 1;
    for (const one of group) tell(one);
    this.pump();
  }

  private takeGroup(): Waiting<T>[] {
    let end = 0;
    for (let count = 0; end < this.waiting.length; end += 1) {
      count += this.waiting[end]!.items.length;
      if (end > 0 && count > this.options.itemsMax) break;
    }
    return this.waiting.splice(0, end);
  }
}
