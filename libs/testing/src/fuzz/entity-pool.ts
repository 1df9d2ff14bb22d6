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
/** Half of the others are to one of so many that appeared last: what is older has often ended, or run out. */
const NEWEST = 8;

/**
 * Ids that answers named, by kind, in the order in which they appeared. What a reference means depends on nothing
 * but the answers so far, so a run is the same for the same seed.
 */
export class EntityPool {
  private readonly alive = new Map<string, string[]>();
  private readonly dead = new Map<string, string[]>();
  private readonly owners = new Map<string, string>();
  private readonly known = new Map<string, Set<string>>();

  /**
   * Learns every id in an answer: `team: {id}` and `team_id` are both ids of a team. What is nested in something, as a
   * raise in its budget, is known to be of that.
   */
  learn(body: unknown, kind?: string, owner?: { readonly kind: string; readonly id: string }): void {
    if (Array.isArray(body)) {
      for (const entry of body) this.learn(entry, kind === undefined ? undefined : singularOf(kind), owner);
      return;
    }
    if (typeof body !== 'object' || body === null) return;
    const { id } = body as { id?: unknown };
    const self = typeof id === 'string' && kind !== undefined ? { kind, id } : undefined;
    if (self !== undefined && owner !== undefined) this.owners.set(`${owner.kind} ${self.id}`, owner.id);
    for (const [key, value] of Object.entries(body)) {
      const named = key === 'id' ? kind : key.endsWith('_id') ? key.slice(0, -3) : undefined;
      if (typeof value !== 'string') this.learn(value, key, self);
      else if (named !== undefined && named !== 'request') this.add(named, value);
    }
  }

  /** The entity of a kind in which another was met. */
  ownerOf(id: string, kind: string): string | undefined {
    return this.owners.get(`${kind} ${id}`);
  }

  /** The entity was deleted: from now on it is met seldom. */
  forget(named: string, id: string): void {
    const kind = this.kindOf(named);
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
    const all = kind === undefined ? [...pool.values()].flat() : (pool.get(this.kindOf(kind)) ?? []);
    const ids = Math.floor(pick / ONE_OF_THE_DEAD) % 2 === 0 ? all.slice(-NEWEST) : all;
    return ids[pick % Math.max(ids.length, 1)] ?? '01890000-0000-7000-8000-000000000000';
  }

  /** Answers may name an `admin_user` by a `user_id`. */
  private kindOf(named: string): string {
    return this.known.has(named) ? named : (named.split('_').at(-1) ?? named);
  }

  private add(kind: string, id: string): void {
    const known = this.known.get(kind) ?? new Set();
    if (known.has(id)) return;
    this.known.set(kind, known.add(id));
    const alive = this.alive.get(kind);
    if (alive === undefined) this.alive.set(kind, [id]);
    else alive.push(id);
  }
}

/** `virtual-keys` and `virtual_keys` hold a `virtual_key` each. */
export function singularOf(plural: string): string {
  return plural
    .replaceAll('-', '_')
    .replace(/ies$/, 'y')
    .replace(/aliases$/, 'alias_')
    .replace(/[s_]$/, '');
}
