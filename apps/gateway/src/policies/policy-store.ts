import { hash } from 'node:crypto';

import { AppError } from '@penstock/domain';
import type { PolicySnapshot } from '@penstock/dto';
import { NEGATIVE_SNAPSHOT, parsePolicyInvalidated, SNAPSHOT_VERSION, snapshotKey } from '@penstock/dto';
import { AdmissionStore, KeyHasher, StoreUnavailableError } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';

import type { GovernanceClient } from './governance-client.js';
import { PolicyEntry } from './policy-entry.js';

/** Keys remembered by one process; a snapshot is a few kilobytes. */
const ENTRIES_MAX = 10_000;

/**
 * Where the policy of a key comes from: this process's memory, else Redis, else governance.
 *
 * Memory may be stale without harm: an admission compares the snapshot's epoch with the tenant's in the same script
 * that reserves, and a refusal decided here asks {@link isCurrent} first. Pub/sub only makes the next call find the
 * new policy one round trip sooner, so a lost message costs that round trip and nothing else.
 */
export class PolicyStore {
  private readonly entries = new LRUCache<string, PolicyEntry>({ max: ENTRIES_MAX });
  private readonly loading = new Map<string, Promise<PolicyEntry | undefined>>();
  private readonly loadingTenants = new Map<string, Promise<void>>();

  constructor(
    private readonly redis: Redis,
    private readonly admission: AdmissionStore,
    private readonly governance: GovernanceClient,
    private readonly hasher: KeyHasher,
  ) {}

  /** The entry in memory, which may be stale. Hot path: one SHA-256, so that memory holds no key in clear. */
  peek(keyValue: string): PolicyEntry | undefined {
    return this.entries.get(fingerprint(keyValue));
  }

  /**
   * The policy of a key, at least as new as `epochMin`; undefined for a key that governance does not know.
   *
   * @throws AppError `policy_unavailable` or `store_unavailable` when nobody can say.
   */
  async load(keyValue: string, epochMin = 0): Promise<PolicyEntry | undefined> {
    const print = fingerprint(keyValue);
    const flight = `${print}:${epochMin}`;
    const running = this.loading.get(flight);
    if (running !== undefined) return running;
    const load = this.fetch(this.hasher.hash(keyValue), epochMin)
      .then((snapshot) => this.keep(print, snapshot))
      .finally(() => this.loading.delete(flight));
    this.loading.set(flight, load);
    return load;
  }

  /** True when no policy change of the tenant is newer than this entry. */
  async isCurrent(entry: PolicyEntry): Promise<boolean> {
    const { tenantId, epoch } = entry.snapshot;
    let inForce = await this.admission.readEpoch(tenantId);
    if (inForce === null) {
      // Redis does not know the epoch of a tenant that never made a call, such as one whose only key was blocked
      // from the start. Governance brings it; without governance there is no newer policy to be had either.
      await this.governance.loadTenant(tenantId).catch(() => undefined);
      inForce = await this.admission.readEpoch(tenantId);
    }
    return inForce === null || inForce <= epoch;
  }

  /** Makes the tenant of an entry resident in Redis; all calls that find it missing share one request. */
  loadTenant(entry: PolicyEntry): Promise<void> {
    const { tenantId } = entry.snapshot;
    let load = this.loadingTenants.get(tenantId);
    if (load === undefined) {
      load = this.governance.loadTenant(tenantId).finally(() => this.loadingTenants.delete(tenantId));
      this.loadingTenants.set(tenantId, load);
    }
    return load;
  }

  /**
   * Follows the invalidation channel on a connection of its own. Whatever was said while the connection was down is
   * lost, so everything is forgotten when it comes (back) up.
   *
   * @param onChange hears of every change, after what it outdates was forgotten.
   */
  follow(subscriber: Redis, channel: string, onChange?: (tenantId: string, epoch: number) => void): void {
    subscriber.on('ready', () => this.entries.clear());
    subscriber.on('message', (_channel, message) => {
      const event = parsePolicyInvalidated(message);
      if (event === undefined) {
        this.entries.clear();
        return;
      }
      for (const [print, entry] of this.entries.entries()) {
        if (entry.snapshot.tenantId === event.tenantId && entry.snapshot.epoch < event.epoch)
          this.entries.delete(print);
      }
      onChange?.(event.tenantId, event.epoch);
    });
    subscriber.subscribe(channel).catch(() => {
      // Reported by the connection's own listener; ioredis subscribes again when it reconnects.
    });
  }

  private keep(print: string, snapshot: PolicySnapshot | undefined): PolicyEntry | undefined {
    const known = this.entries.peek(print);
    if (snapshot === undefined) {
      this.entries.delete(print);
      return undefined;
    }
    // An answer that was on its way while a newer one arrived must not put the old policy back.
    if (known !== undefined && isSameTenant(known.snapshot, snapshot) && known.snapshot.epoch >= snapshot.epoch)
      return known;
    const entry = new PolicyEntry(snapshot);
    this.entries.set(print, entry);
    return entry;
  }

  private async fetch(keyHash: string, epochMin: number): Promise<PolicySnapshot | undefined> {
    const cached = await this.readCache(keyHash);
    if (cached === NEGATIVE_SNAPSHOT) return undefined;
    if (cached !== undefined && cached.epoch >= epochMin) {
      // The copy in Redis may itself be old: the tenant's epoch, in Redis too, tells.
      const epoch = await this.admission.readEpoch(cached.tenantId).catch(() => null);
      if (epoch === null || epoch <= cached.epoch) return cached;
    }
    const lookup = await this.governance.lookUp(keyHash);
    if (!lookup.found) return undefined;
    // During an upgrade, governance may be of another release: what it says cannot be read safely.
    if (lookup.snapshot.schemaVersion !== SNAPSHOT_VERSION) {
      throw new AppError('policy_unavailable', {
        detail: 'The policy of this key comes from another release of governance. The key was not judged; try again.',
      });
    }
    return lookup.snapshot;
  }

  private async readCache(keyHash: string): Promise<PolicySnapshot | typeof NEGATIVE_SNAPSHOT | undefined> {
    let text: string | null;
    try {
      text = await this.redis.get(snapshotKey(keyHash));
    } catch (error) {
      throw new StoreUnavailableError('Redis cannot be read', false, error);
    }
    if (text === null) return undefined;
    if (text === NEGATIVE_SNAPSHOT) return NEGATIVE_SNAPSHOT;
    try {
      const value = JSON.parse(text) as PolicySnapshot;
      return value.schemaVersion === SNAPSHOT_VERSION ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

function fingerprint(keyValue: string): string {
  return hash('sha256', keyValue, 'base64');
}

function isSameTenant(a: PolicySnapshot, b: PolicySnapshot): boolean {
  return a.tenantId === b.tenantId;
}
