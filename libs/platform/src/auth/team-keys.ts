/** A virtual key that is known and unexpired, and the team that it belongs to. */
export interface TeamOfKey {
  keyId: string;
  isKeyActive: boolean;
  /** Addresses and ranges the key may be used from; null or empty: everywhere. */
  allowedIps: readonly string[] | null;
  teamId: string;
  organizationId: string;
  governanceTeamId: string;
  /** `active`, or why the team has no access. */
  teamStatus: string;
  organizationStatus: string;
}

/** Where the keys of teams are kept. The app that has the database provides it. */
export interface TeamKeys {
  /**
   * The team of an unexpired key; null for any other value, also for a key of no team. Asked for every
   * request with a key, never cached. Rejects when it cannot tell, which answers 503 rather than 401.
   *
   * @param keyHash the value under `KeyHasher`, 64 hexadecimal digits.
   */
  find(keyHash: string, nowMs: number): Promise<TeamOfKey | null>;
}
