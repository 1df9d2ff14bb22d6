import { Injectable } from '@nestjs/common';
import { AppError, countersAt, creditCounterId, creditHoldCounterId } from '@penstock/domain';
import { readCreditCounters, readRecordedCounters } from '@penstock/entities';
import { AdmissionStore } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { specsOf } from './build-snapshot.js';
import { PoliciesRepository } from './policies.repository.js';

/** Clocks differ a little: counters of the windows this close to now are loaded too. */
const CLOCK_SKEW_MS = 5_000;

/** What a load brought to Redis. */
export interface LoadedTenant {
  readonly tenantId: string;
  readonly epoch: number;
  readonly counters: number;
}

/** Brings tenants that Redis does not know, or has lost, back into it. */
@Injectable()
export class TenantLoader {
  constructor(
    private readonly policies: PoliciesRepository,
    private readonly store: AdmissionStore,
    private readonly dataSource: DataSource,
  ) {}

  /** Makes a tenant resident in Redis with what the ledger knows. Harmless when it already is. */
  async load(tenantId: string, nowMs: number): Promise<LoadedTenant> {
    const row = await this.policies.findTenantLimits(tenantId, nowMs);
    if (row === null) throw new AppError('not_found', { detail: 'The tenant was not found.' });
    const ids = new Set<string>();
    for (const spec of specsOf(row)) {
      for (const atMs of [nowMs - CLOCK_SKEW_MS, nowMs, nowMs + CLOCK_SKEW_MS]) {
        for (const id of countersAt(spec, atMs)) ids.add(id);
      }
    }
    const recorded = await readRecordedCounters(this.dataSource.manager, [...ids]);
    const counters = Object.fromEntries(recorded.map(({ counterId: id, used }) => [id, used]));
    for (const account of await readCreditCounters(this.dataSource.manager, tenantId)) {
      // Nothing is what a counter that is not there counts.
      if (account.credits !== '0') counters[creditCounterId(account.accountSeq)] = account.credits;
      for (const { seq, microCredits, isOpen } of account.holds) {
        if (isOpen) counters[creditHoldCounterId(seq)] = microCredits;
      }
    }
    await this.store.loadTenant(tenantId, Number(row.epoch), counters);
    // A change that committed since the read found no tenant to announce itself to.
    const epoch = (await this.policies.findEpoch(tenantId)) ?? Number(row.epoch);
    await this.store.bumpEpoch(tenantId, epoch);
    return { tenantId, epoch, counters: Object.keys(counters).length };
  }
}
