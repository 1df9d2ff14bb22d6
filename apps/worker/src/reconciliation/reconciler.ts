import type { AdmissionStore } from '@penstock/platform';
import type { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';

import { retentionCutoffMs } from '../pruning/window-retention.js';
import { scanTenants, serverNowMs } from '../sweeps/tenant-scan.js';
import { compareLedger, compareTenant, currentCounters, type Drift } from './compare.js';
import { readLedgerState } from './ledger-state.js';
import { readRedisState, type RedisState } from './redis-state.js';

/** What a reconciliation found. */
export interface Reconciliation {
  readonly tenantCount: number;
  readonly counterCount: number;
  readonly drifts: readonly Drift[];
  /** Tenants whose policy epoch in Redis is behind PostgreSQL: their changes are not in force yet. */
  readonly staleEpochs: readonly { readonly tenantId: string; readonly redis: number; readonly postgres: number }[];
  readonly openHolds: number;
  readonly outboxEntries: number;
  readonly rejectedRecords: number;
  /** Tenants that kept changing while they were read: nothing is said about them. */
  readonly busyTenantIds: readonly string[];
}

/** Tries before a tenant counts as busy. */
const READS_MAX = 5;

/** Compares Redis with the ledger, and rebuilds Redis from it. */
export class Reconciler {
  constructor(
    private readonly redis: Redis,
    private readonly store: AdmissionStore,
    private readonly dataSource: DataSource,
    /** For how long the ledger keeps windows of rate limits. */
    private readonly retentionDays: number,
  ) {}

  /** Compares every tenant, or one. What changed between the reads of both sides is read again. */
  async check(onlyTenantId?: string): Promise<Reconciliation> {
    const tenantIds = onlyTenantId === undefined ? await this.allTenantIds() : [onlyTenantId];
    let states = await this.readAll(tenantIds);
    for (let read = 1; ; read += 1) {
      const asked = states.flatMap(({ outbox }) => outbox.map(({ record }) => record));
      const ledger = await readLedgerState(this.dataSource, asked);
      const after = await this.readAll(tenantIds);
      const steady = states.filter((state, index) => state.fingerprint === after[index]?.fingerprint);
      if (steady.length < states.length && read < READS_MAX) {
        states = after;
        continue;
      }
      const nowMs = await serverNowMs(this.redis);
      const current = currentCounters(ledger, nowMs);
      const steadyIds = new Set(steady.map(({ tenantId }) => tenantId));
      const cutoffMs = retentionCutoffMs(this.retentionDays, nowMs);
      const ledgerDrifts = onlyTenantId === undefined ? compareLedger(ledger, cutoffMs) : [];
      return {
        tenantCount: tenantIds.length,
        counterCount: steady.reduce((sum, { counters }) => sum + counters.size, 0),
        drifts: [
          ...steady.flatMap((state) => compareTenant(state, ledger, current.get(state.tenantId) ?? [])),
          ...ledgerDrifts,
        ],
        staleEpochs: steady.flatMap(({ tenantId, epoch }) => {
          const postgres = ledger.epochs.get(tenantId);
          return epoch === null || postgres === undefined || epoch >= postgres
            ? []
            : [{ tenantId, redis: epoch, postgres }];
        }),
        openHolds: after.reduce((sum, { holds }) => sum + holds.length, 0),
        outboxEntries: after.reduce((sum, { outbox }) => sum + outbox.length, 0),
        rejectedRecords: ledger.rejectedCount,
        busyTenantIds: tenantIds.filter((tenantId) => !steadyIds.has(tenantId)),
      };
    }
  }

  /**
   * Makes Redis agree with PostgreSQL: recorded amounts plus what calls in flight hold. Corrections are added,
   * not set, so that calls which settle meanwhile are not lost. Drift inside PostgreSQL is only reported.
   */
  async repair({ drifts, staleEpochs }: Reconciliation): Promise<number> {
    let repaired = 0;
    for (const { tenantId, counterId, redis, expected } of drifts) {
      if (tenantId === null) continue;
      if (expected === null) await this.store.dropCounters(tenantId, [counterId]);
      else await this.store.addToCounters(tenantId, [[counterId, expected - (redis ?? 0n)]]);
      repaired += 1;
    }
    for (const { tenantId, postgres } of staleEpochs) await this.store.bumpEpoch(tenantId, postgres);
    return repaired;
  }

  private async allTenantIds(): Promise<string[]> {
    const tenantIds: string[] = [];
    for await (const tenantId of scanTenants(this.redis)) tenantIds.push(tenantId);
    return tenantIds.toSorted();
  }

  private async readAll(tenantIds: readonly string[]): Promise<RedisState[]> {
    const states: RedisState[] = [];
    for (const tenantId of tenantIds) states.push(await readRedisState(this.redis, tenantId));
    return states;
  }
}

/** True when nothing differs and nothing is under way: the state that must hold when the system is idle. */
export function isSettled(found: Reconciliation): boolean {
  const isQuiet = found.openHolds === 0 && found.outboxEntries === 0 && found.busyTenantIds.length === 0;
  return isQuiet && hasNoDrift(found);
}

/** True when everything that could be compared agrees; calls may be under way. */
export function hasNoDrift(found: Reconciliation): boolean {
  return found.drifts.length === 0 && found.staleEpochs.length === 0 && found.rejectedRecords === 0;
}
