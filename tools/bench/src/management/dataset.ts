/** How many of each entity. */
export interface DatasetSize {
  readonly customers: number;
  readonly teams: number;
  readonly keys: number;
}

/** Where a key belongs. */
export type KeyKind = 'of_team' | 'of_customer' | 'alone';

/** The entities that the API has created, one of each kind; all others are copies of them. */
export interface Templates {
  readonly customerId: string;
  readonly teamId: string;
  readonly keyIds: Readonly<Record<KeyKind, string>>;
}

export interface PlannedCustomer {
  readonly id: string;
  readonly name: string;
}

export interface PlannedTeam extends PlannedCustomer {
  readonly customerId: string;
}

export interface PlannedKey extends PlannedCustomer {
  readonly kind: KeyKind;
  readonly teamId: string | null;
  readonly customerId: string | null;
  /** Whose counters the key moves. */
  readonly tenantId: string;
}

/** Everything that is there when the measuring begins; the first of each kind is its template. */
export interface Dataset {
  readonly customers: readonly PlannedCustomer[];
  readonly teams: readonly PlannedTeam[];
  readonly keys: readonly PlannedKey[];
}

/** The first customer is the large hierarchy of the contract; the others share the rest of the teams evenly. */
const TEAMS_OF_FIRST_CUSTOMER = 50;
/** What a search finds in one key of a hundred. */
export const RARE_WORD = 'payroll';

/** Names of the n-th entity of each sort. */
export const nameOf = {
  customer: (index: number): string => `customer ${String(index).padStart(4, '0')}`,
  team: (index: number): string => `team ${String(index).padStart(5, '0')}`,
  key: (index: number): string =>
    `key ${String(index).padStart(6, '0')} ${index % 100 === 42 ? RARE_WORD : 'application'}`,
} as const;

/** Of a hundred keys ninety belong to a team, eight to a customer and two to nobody. */
export function kindOfKey(index: number): KeyKind {
  const place = index % 100;
  if (place < 90) return 'of_team';
  return place < 98 ? 'of_customer' : 'alone';
}

/** Index of the first key of each kind: the name that its template must have. */
export const FIRST_KEY: Readonly<Record<KeyKind, number>> = { of_team: 0, of_customer: 90, alone: 98 };

/** Lays out who belongs to whom. Needs at least two customers, fifty teams and a hundred keys. */
export function planDataset(size: DatasetSize, templates: Templates, newId: () => string): Dataset {
  const customers = Array.from({ length: size.customers }, (_, index) => ({
    id: index === 0 ? templates.customerId : newId(),
    name: nameOf.customer(index),
  }));
  const teams = Array.from({ length: size.teams }, (_, index) => ({
    id: index === 0 ? templates.teamId : newId(),
    name: nameOf.team(index),
    customerId: at(customers, customerOfTeam(index, size.customers)).id,
  }));
  const seen: Record<KeyKind, number> = { of_team: 0, of_customer: 0, alone: 0 };
  const keys = Array.from({ length: size.keys }, (_, index): PlannedKey => {
    const kind = kindOfKey(index);
    const nth = seen[kind];
    seen[kind] += 1;
    const id = nth === 0 ? templates.keyIds[kind] : newId();
    const named = { id, name: nameOf.key(index), kind };
    if (kind === 'alone') return { ...named, teamId: null, customerId: null, tenantId: id };
    if (kind === 'of_customer') {
      const customerId = at(customers, nth % customers.length).id;
      return { ...named, teamId: null, customerId, tenantId: customerId };
    }
    const team = at(teams, nth % teams.length);
    return { ...named, teamId: team.id, customerId: null, tenantId: team.customerId };
  });
  return { customers, teams, keys };
}

function customerOfTeam(index: number, customers: number): number {
  return index < TEAMS_OF_FIRST_CUSTOMER ? 0 : 1 + ((index - TEAMS_OF_FIRST_CUSTOMER) % (customers - 1));
}

/** Every tenant once: customers, and keys without owner. */
export function tenantIdsOf({ customers, keys }: Dataset): string[] {
  return [...customers.map(({ id }) => id), ...keys.filter(({ kind }) => kind === 'alone').map(({ id }) => id)];
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`There is no item ${index} among ${items.length}.`);
  return item;
}
