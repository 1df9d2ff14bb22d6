/** Where a key or team stands. */
export interface Placement {
  readonly keyId?: string;
  readonly teamId: string | null;
  /** Customer of the team, or of the key itself. */
  readonly customerId: string | null;
}

/** Whose counters count: the customer at the end of the path, else the team, else the key. */
export function tenantIdOf({ keyId, teamId, customerId }: Placement): string {
  const tenantId = customerId ?? teamId ?? keyId;
  if (tenantId === undefined) throw new Error('A placement names at least one of key, team and customer.');
  return tenantId;
}
