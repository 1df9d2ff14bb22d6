import { heldOfLimits, judgeLimits, type LimitReport, NO_AMOUNTS, planLimits } from '@penstock/domain';
import type { AdmissionStore } from '@penstock/platform';

import type { PolicyEntry } from '../policies/policy-entry.js';
import type { PolicyStore } from '../policies/policy-store.js';
import type { HeldAmounts } from './held-amounts.js';

/** How far the limits of a key are used up, for whoever asks without calling. */
export class LimitReader {
  constructor(
    private readonly store: AdmissionStore,
    private readonly held: HeldAmounts,
    private readonly policies: PolicyStore,
    private readonly admission: { readonly serverNowMs: number },
  ) {}

  /**
   * Every limit on the path of any call of the key, those included that apply to one provider or model only.
   *
   * @throws AppError `policy_unavailable` and StoreUnavailableError when nobody can say.
   */
  async read(entry: PolicyEntry): Promise<readonly LimitReport[]> {
    const { tenantId, epoch, limits } = entry.snapshot;
    // A tenant that made no call for long is known to the ledger alone.
    if ((await this.store.readEpoch(tenantId)) === null) await this.policies.loadTenant(entry);
    const nowMs = this.admission.serverNowMs;
    const plan = planLimits(limits, epoch, nowMs);
    const [totals, held] = await Promise.all([
      this.store.readCounters(tenantId, plan.counterIds),
      this.held.of(tenantId),
    ]);
    const heldHere = held === undefined ? undefined : heldOfLimits(plan, held);
    return judgeLimits(plan, totals.map(BigInt), NO_AMOUNTS, nowMs, heldHere).map(({ report }) => report);
  }
}
