import type { Clock } from '@penstock/domain';
import type { AdmissionStore } from '@penstock/platform';

/** A storm of refusals must not become a storm of walks over all holds. */
const FRESH_MS = 100;

/** What running calls hold of the counters of a tenant; for explanations only, so a moment old. */
export class HeldAmounts {
  private last:
    | {
        readonly tenantId: string;
        readonly readAtMs: number;
        readonly amounts: Promise<ReadonlyMap<string, bigint> | undefined>;
      }
    | undefined;

  constructor(
    private readonly store: AdmissionStore,
    private readonly clock: Clock,
  ) {}

  /** By counter id; undefined when Redis does not say. */
  of(tenantId: string): Promise<ReadonlyMap<string, bigint> | undefined> {
    const nowMs = this.clock.now();
    if (this.last === undefined || this.last.tenantId !== tenantId || nowMs - this.last.readAtMs > FRESH_MS) {
      this.last = { tenantId, readAtMs: nowMs, amounts: this.store.heldByCounter(tenantId).catch(() => undefined) };
    }
    return this.last.amounts;
  }
}
