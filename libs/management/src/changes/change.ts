import type { ClosedCreditHold, CounterCarryOver } from '@penstock/dto';
import type { EntityManager } from 'typeorm';

/** One line of the audit trail: what was done to what. Secrets must not be in `before` and `after`. */
export interface AuditLine {
  readonly tenantId: string;
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
}

/** Usage that follows limits from one tenant to another. */
export interface UsageMove {
  readonly fromTenantId: string;
  readonly toTenantId: string;
  readonly limitKeys: readonly string[];
}

/** What the gateways of one tenant must learn. */
export interface TouchedTenant {
  readonly keyHashes: Set<string>;
  readonly moves: UsageMove[];
}

/**
 * One mutation while it is being made. The use case writes rows with {@link tx} and says what it did; the epochs,
 * the audit entries and the outbox messages are written at the end of the same transaction.
 */
export class Change {
  readonly auditLines: AuditLine[] = [];
  readonly touched = new Map<string, TouchedTenant>();
  readonly closedHolds = new Map<string, ClosedCreditHold[]>();
  doesTouchEveryTenant = false;

  constructor(
    readonly tx: EntityManager,
    readonly now: Date,
  ) {}

  audit(line: AuditLine): void {
    this.auditLines.push(line);
  }

  /**
   * The entry in the chain of a tenant that something leaves for another; the change itself stands in the other's.
   * Nothing of the new tenant is in it: who reads the chain of one must not learn of another.
   */
  auditLeaving(fromTenantId: string, entityType: string, entityId: string, before: Record<string, unknown>): void {
    this.audit({
      tenantId: fromTenantId,
      action: `${entityType}.moved_away`,
      entityType,
      entityId,
      before,
      after: null,
    });
  }

  /** The policy of a tenant changed; the snapshots of the named keys are dropped. */
  touch(tenantId: string, keyHashes: readonly string[] = []): void {
    const entry = this.touched.get(tenantId) ?? { keyHashes: new Set<string>(), moves: [] };
    for (const hash of keyHashes) entry.keyHashes.add(hash);
    this.touched.set(tenantId, entry);
  }

  /** A hold on credits has ended; Redis is told after the commit. */
  closeCreditHold(tenantId: string, hold: ClosedCreditHold): void {
    const holds = this.closedHolds.get(tenantId) ?? [];
    holds.push(hold);
    this.closedHolds.set(tenantId, holds);
  }

  /** Every policy changed, as with a price: no snapshot of before is valid any more. */
  touchEveryTenant(): void {
    this.doesTouchEveryTenant = true;
  }

  /** Limits now count in another tenant: both are touched, and their usage goes with them. */
  move(move: UsageMove): void {
    this.touch(move.fromTenantId);
    this.touch(move.toTenantId);
    if (move.limitKeys.length > 0) this.touched.get(move.toTenantId)?.moves.push(move);
  }
}

/** The carry-overs of a tenant's message, once the epochs of the tenants that were left are known. */
export function carryOversOf(moves: readonly UsageMove[], epochs: ReadonlyMap<string, number>): CounterCarryOver[] {
  return moves.map(({ fromTenantId, limitKeys }) => {
    const fromEpoch = epochs.get(fromTenantId);
    if (fromEpoch === undefined) throw new Error(`Tenant ${fromTenantId} was left without raising its epoch.`);
    return { fromTenantId, fromEpoch, limitKeys };
  });
}
