/**
 * Every Redis key and channel of Penstock. A literal `penstock:` anywhere else is a mistake:
 * names built in one place cannot drift between the process that writes and the one that reads.
 *
 * Keys of one tenant share the hash tag `{tenantId}`, so that one script may touch them all on Redis Cluster.
 */
const ROOT = 'penstock:v1';

/** The Redis keys of one tenant; see `docs/request-flow.md` for what each holds. */
export interface TenantKeys {
  /** Hash: `epoch` plus one field per limit and window, settled + held. */
  readonly counters: string;
  /** Hash: hold id -> {@link HoldRecord} as JSON. */
  readonly holds: string;
  /** Set: ids of holds whose upstream request was sent or is about to be. */
  readonly dispatched: string;
  /** Hash: hold id -> tag character + {@link UsageRecord} as JSON; removed only after PostgreSQL committed. */
  readonly outbox: string;
}

/** Builds the keys of one tenant. */
export function tenantKeys(tenantId: string): TenantKeys {
  const prefix = `${ROOT}:{${tenantId}}`;
  return {
    counters: `${prefix}:counters`,
    holds: `${prefix}:holds`,
    dispatched: `${prefix}:dispatched`,
    outbox: `${prefix}:outbox`,
  };
}

/** Field of the counters hash that carries the tenant's policy epoch. */
export const EPOCH_FIELD = 'epoch';

/** Second-level snapshot cache: the policy snapshot of one virtual key, or {@link NEGATIVE_SNAPSHOT}. */
export function snapshotKey(keyHash: string): string {
  return `${ROOT}:snapshot:{${keyHash}}`;
}

/** Value of a snapshot key that says: governance does not know such a virtual key. */
export const NEGATIVE_SNAPSHOT = '-';

/** Set of the ids of all tenants that were ever loaded into Redis; the sweeper walks it. */
export const TENANTS_KEY = `${ROOT}:tenants`;

/** Heartbeat of one gateway process; gone means that its holds may be swept. */
export function ownerKey(ownerId: string): string {
  return `${ROOT}:owner:${ownerId}`;
}

/**
 * Random text that changes with whatever ends a login of an account or changes its role: what is cached of its logins
 * counts only under the epoch that it was read under.
 */
export function operatorEpochKey(userId: string): string {
  return `${ROOT}:operator:{${userId}}:epoch`;
}

/** One login of an account, for a second at most. */
export function operatorSessionKey(userId: string, tokenHash: string): string {
  return `${ROOT}:operator:{${userId}}:session:${tokenHash}`;
}

/** Lock that lets one of several workers do a periodic task. */
export function lockKey(task: string): string {
  return `${ROOT}:lock:${task}`;
}

/** Pub/sub channel of policy invalidations. At most once: it only saves a round trip, the epoch decides. */
export const POLICY_CHANNEL = 'penstock.v1.policy.invalidated';

/** Prefix of BullMQ's own keys; the tag keeps one queue in one cluster slot. */
export const QUEUE_PREFIX = '{penstock-queue}';
