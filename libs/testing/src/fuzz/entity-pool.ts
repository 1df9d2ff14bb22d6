/** Stands in a generated request for the id of something that earlier requests made. */
export class EntityRef {
  constructor(
    /** `team`, `virtual_key`; any kind when undefined. */
    readonly kind: string | undefined,
    /** Which of them: taken modulo their number. */
    readonly pick: number,
  ) {}
}

/** Of so many references one is to something that was deleted. */
const ONE_OF_THE_DEAD = 8;

/**
 * Ids that answers named, by kind, in the order in which they appeared. What a reference means depends on nothing
 * but the answers so far, so a run is the same for the same seed.
 */
export class EntityPool {
  private readonly alive = new Map<string, string[]>();
  private readonly dead = new Map<string, string[]>();

  /** Learns every id in the answer to a change: `team: {id}` and `team_id` are both ids of a team. */
  learn(body: unknown, kind?: string): void {
    if (Array.isArray(body)) {
      for (const entry of body) this.learn(entry, kind?.replace(/s$/, ''));
      return;
    }
    if (typeof body !== 'object' || body === null) return;
    for (const [key, value] of Object.entries(body)) {
      const named = key === 'id' ? kind : key.endsWith('_id') ? key.slice(0, -3) : undefined;
      if (typeof value !== 'string') this.learn(value, key);
      else if (named !== undefined && named !== 'request') this.add(named, value);
    }
  }

  /** The entity was deleted: from now on it is met seldom. */
  forget(kind: string, id: string): void {
    const known = this.alive.get(kind) ?? [];
    if (!known.includes(id)) return;
    this.alive.set(
      kind,
      known.filter((other) => other !== id),
    );
    this.dead.set(kind, [...(this.dead.get(kind) ?? []), id]);
  }

  /** An id that the reference may mean, or a valid one of nothing. */
  resolve({ kind, pick }: EntityRef): string {
    const pool = pick % ONE_OF_THE_DEAD === 0 ? this.dead : this.alive;
    const ids = kind === undefined ? [...pool.values()].flat() : (pool.get(kind) ?? []);
    return ids[pick % Math.max(ids.length, 1)] ?? '01890000-0000-7000-8000-000000000000';
  }

  private add(kind: string, id: string): void {
    const known = this.alive.get(kind) ?? [];
    if (known.includes(id) || this.dead.get(kind)?.includes(id) === true) return;
    known.push(id);
    this.alive.set(kind, known);
  }
}
