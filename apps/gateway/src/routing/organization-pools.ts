import { type AddressPolicy, guardedLookup, type ResolveAll } from '@penstock/platform';
import { LRUCache } from 'lru-cache';
import type { Pool } from 'undici';

import { createPool, type UpstreamDeadlines } from './create-pool.js';

/** Origins that connections are kept to; organizations choose them, so there must be an end. */
const POOLS_MAX = 256;
/** A pool that nobody asked for in this time is closed. */
const IDLE_MS = 300_000;
const PURGE_MS = 60_000;

/**
 * Connections for calls with credentials of organizations, apart from those of the gateway's own credentials. A pool
 * that is given up finishes what it has.
 */
export class OrganizationPools {
  private readonly pools = new LRUCache<string, Pool>({
    max: POOLS_MAX,
    ttl: IDLE_MS,
    updateAgeOnGet: true,
    dispose: (pool) => {
      pool.close().catch(() => {
        // Destroyed at the end of the process while it still had requests.
      });
    },
  });
  private readonly purge = setInterval(() => this.pools.purgeStale(), PURGE_MS).unref();

  /** @param resolve how names are resolved; the system's resolver unless a test says otherwise. */
  constructor(
    private readonly deadlines: UpstreamDeadlines,
    private readonly addresses: AddressPolicy,
    private readonly resolve?: ResolveAll,
  ) {}

  /** Connections to an address that the installation itself chose. */
  trusted(origin: string): Pool {
    return this.pool(`trusted ${origin}`, () => createPool(origin, this.deadlines));
  }

  /** Connections to an address that an organization chose: each goes only to where the policy allows. */
  guarded(origin: string): Pool {
    return this.pool(`guarded ${origin}`, () => {
      const isEncrypted = origin.startsWith('https:');
      return createPool(origin, this.deadlines, guardedLookup(this.addresses, isEncrypted, this.resolve));
    });
  }

  /** Cuts what is under way and closes all connections. */
  async close(): Promise<void> {
    clearInterval(this.purge);
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
    this.pools.clear();
  }

  private pool(key: string, create: () => Pool): Pool {
    const known = this.pools.get(key);
    if (known !== undefined) return known;
    const pool = create();
    this.pools.set(key, pool);
    return pool;
  }
}
