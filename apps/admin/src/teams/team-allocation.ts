import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { CreditAccountEntity, type SaasTeamEntity } from '@penstock/entities';
import {
  type Change,
  type Changed,
  CreditLedger,
  CreditWithdrawals,
  nextTimestamp,
  PolicyChanges,
} from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource, IsNull } from 'typeorm';

import { auditBooking } from '../credits/bookings/booking.js';
import { settingsForAudit } from '../credits/settings/settings.mapping.js';
import { type AskedTerms, planTerms } from './credit-terms.js';

/** What a request wants to be true of a team's credits afterwards; absent and null: no change. */
export interface AskedCredits extends AskedTerms {
  /** What is to have been allocated in all. */
  readonly credits_allocated?: number | null;
}

/** The account moved between the reading and the change. */
class AllocationMoved extends Error {}

const ATTEMPTS_MAX = 5;

/**
 * Sets how much a team has been allocated, and how its credits are used. The books are never overwritten: the
 * difference is posted as an adjustment, and what is taken back must be free.
 */
@Injectable()
export class TeamAllocation {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly ledger: CreditLedger,
    private readonly withdrawals: CreditWithdrawals,
  ) {}

  /**
   * Makes the change that `apply` begins, with what is asked of the credits in the same transaction.
   *
   * @throws AppError `credits_insufficient` when more is to be taken back than is free, `store_unavailable` when Redis
   *   cannot be asked, `credit_terms_invalid`.
   */
  async changeTo(
    ctx: RequestContext,
    team: SaasTeamEntity,
    asked: AskedCredits,
    apply: (change: Change) => Promise<void>,
  ): Promise<Changed<void>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(ctx, team, asked, apply);
      } catch (error) {
        if (!(error instanceof AllocationMoved)) throw error;
        if (attempt >= ATTEMPTS_MAX) {
          throw new AppError('store_unavailable', { detail: 'The credits of the team changed too fast. Try again.' });
        }
      }
    }
  }

  private async attempt(
    ctx: RequestContext,
    { teamId, governanceTeamId }: SaasTeamEntity,
    asked: AskedCredits,
    apply: (change: Change) => Promise<void>,
  ): Promise<Changed<void>> {
    const accounts = this.dataSource.getRepository(CreditAccountEntity);
    const known = await accounts.findOneBy({ governanceTeamId, closedAt: IsNull() });
    if (known === null) throw notFound(teamId);
    const { id: accountId } = known;
    const wanted = asked.credits_allocated ?? undefined;
    const excess = wanted === undefined ? 0n : known.allocatedCredits - BigInt(wanted);
    const credits = excess > 0n ? excess : 0n;
    const book = async (change: Change, account: CreditAccountEntity): Promise<void> => {
      await apply(change);
      await this.changeTerms(change, account, asked);
      if (wanted !== undefined) await this.allocate(ctx, change, account, { wanted, held: credits });
    };
    if (credits > 0n) return this.withdrawals.run(ctx, { accountId, credits }, book);
    return this.changes.run(ctx, async (change) => {
      const account = await this.ledger.lockAccount(change.tx, accountId);
      if (account === null || account.closedAt !== null) throw notFound(teamId);
      await book(change, account);
    });
  }

  /** @param held how much of it may be taken back. */
  private async allocate(
    ctx: RequestContext,
    change: Change,
    account: CreditAccountEntity,
    { wanted, held }: { readonly wanted: number; readonly held: bigint },
  ): Promise<void> {
    const difference = BigInt(wanted) - account.allocatedCredits;
    const takenBack = difference < 0n ? -difference : 0n;
    if (takenBack !== held) throw new AllocationMoved();
    if (difference === 0n) return;
    const transfer = await this.ledger.post(change.tx, account, {
      type: 'adjustment',
      credits: difference < 0n ? takenBack : difference,
      direction: difference < 0n ? 'out' : 'in',
      idempotencyKey: `set:${uuidv7(ctx.nowMs)}`,
      reason: `credits_allocated was set to ${wanted}.`,
      actor: ctx.actor,
      requestId: ctx.requestId,
      now: change.now,
    });
    change.touch(account.tenantId ?? '');
    auditBooking(change, 'credits.adjusted', account, transfer.balanceBeforeCredits, transfer);
  }

  private async changeTerms(change: Change, account: CreditAccountEntity, asked: AskedTerms): Promise<void> {
    const before = settingsForAudit(account);
    const terms = planTerms(account, asked);
    Object.assign(account, terms);
    const after = settingsForAudit(account);
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    account.updatedAt = nextTimestamp(account.updatedAt, change.now);
    const { id, updatedAt, tenantId, teamId } = account;
    await change.tx.getRepository(CreditAccountEntity).update({ id }, { ...terms, updatedAt });
    change.touch(tenantId ?? '');
    change.audit({
      tenantId: tenantId ?? '',
      action: 'credits.budget_mode_changed',
      entityType: 'credit_account',
      entityId: teamId ?? '',
      before,
      after,
    });
  }
}

function notFound(teamId: string): AppError {
  return new AppError('not_found', { detail: `Team '${teamId}' was not found.` });
}
