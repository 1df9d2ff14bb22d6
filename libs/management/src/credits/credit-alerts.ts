import { balanceOf, creditNotices, type CreditStanding } from '@penstock/domain';
import type { CreditAccountEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

import { AlertRecorder, type NewCreditAlert } from '../alerts/index.js';

/** An account, and how it stood before it was changed. */
export interface ChangedStanding {
  readonly account: CreditAccountEntity;
  readonly before: CreditStanding;
  /** The booking that changed it; null: its settings were. */
  readonly transferId: string | null;
}

const recorder = new AlertRecorder();

/** How an account stands. */
export function standingOf(account: CreditAccountEntity): CreditStanding {
  const { overdraftCredits, lowBalanceThresholdCredits } = account;
  return { balanceCredits: balanceOf(account), overdraftCredits, lowBalanceThresholdCredits };
}

/**
 * Raises what the changes made true, in the transaction that makes them: an alert exists exactly when its change does.
 * Nobody waits for a closed account.
 */
export async function raiseCreditAlerts(
  tx: EntityManager,
  changes: readonly ChangedStanding[],
  now: Date,
): Promise<void> {
  const alerts = changes.filter(({ account }) => account.closedAt === null).flatMap(alertsOf);
  await recorder.record(tx, alerts, now);
}

function alertsOf({ account, before, transferId }: ChangedStanding): NewCreditAlert[] {
  const { id, tenantId, governanceTeamId, teamId, organizationId } = account;
  if (tenantId === null || governanceTeamId === null) return [];
  const after = standingOf(account);
  return creditNotices(before, after).map((kind) => ({
    kind,
    tenantId,
    creditAccountId: id,
    creditTransferId: transferId,
    balanceCredits: after.balanceCredits,
    thresholdCredits: kind === 'credits_low' ? after.lowBalanceThresholdCredits : null,
    owners: [
      { entity: 'team', id: governanceTeamId, name: teamId ?? '' },
      { entity: 'customer', id: tenantId, name: organizationId ?? '' },
    ],
  }));
}
