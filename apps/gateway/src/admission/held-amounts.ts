import type { Clock } from '@penstock/domain';
import type { AdmissionStore } from '@penstock/platform';

/** A storm of refusals must not become a storm of walks over all holds. */
const FRESH_MS = 100;

type Amounts = ReadonlyMap<string, bigint> | undefined;

interface Reading {
  readonly readAtMs: number;
  readonly amounts: Promise<Amounts>;
}

/** What running calls hold of the counters of a tenant; for explanations only, so a moment old. */
export class HeldAmounts {
  /** By tenant, the oldest reading first. */
  private readonly readings = new Map<string, Reading>();

  constructor(
    private readonly store: Pick<AdmissionStore, 'heldByCounter'>,
    private readonly clock: Clock,
  ) {}

  /** By counter id; undefined when Redis does not say. */
  of(tenantId: string): Promise<Amounts> {
    const nowMs = this.clock.now();
    this.forgetOlderThan(nowMs - FRESH_MS);
    let reading = this.readings.get(tenantId);
    if (reading === undefined) {
      reading = { readAtMs: nowMs, amounts: this.store.heldByCounter(tenantId).catch(() => undefined) };
      this.readings.set(tenantId, reading);
    }
    return reading.amounts;
  }

  private forgetOlderThan(ms: number): void {
    for (const [tenantId, { readAtMs }] of this.readings) {
      if (readAtMs >= ms) return;
      this.readings.delete(tenantId);
    }
  }
}
