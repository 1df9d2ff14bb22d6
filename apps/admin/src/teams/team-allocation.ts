import { Injectable } from '@nestjs/common';
import { AppError, MICRO_CREDITS_PER_CREDIT, uuidv7 } from '@penstock/domain';
import { CreditAccountEntity, type SaasTeamEntity } from '@penstock/entities';
import { type Change, Changed, CreditHolds, CreditLedger, nextTimestamp, PolicyChanges } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager, IsNull } from 'typeorm';

import { areTermsAlike, type AskedTerms, planTerms } from './credit-terms.js';
import { toAuditTerms } from './teams.mapping.js';

/** What a request wants to be true of a team's credits afterwards; absent and null: no change. */
export interface AskedCredits extends AskedTerms {
  /** What is to have been allocated in all. */
  readonly credits_allocated?: number | null;
}

/** Credits that were taken out of everybody's reach to be taken back. */
interface Withdrawal {
  readonly holdId: string;
  readonly credits: bigint;
}

/** The account moved between the reading and the change. */
class AllocationMoved extends Error {}

const ATTEMPTS_MAX = 5;

/**
 * Sets how much a team has been allocated, and how its credits are used. The books are never overwritten: the
 * difference is posted as an adjustment. What is taken back is held in Redis first, which alone knows what running
 * calls and jobs have taken.
 */
@Injectable()
export class TeamAllocation {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly ledger: CreditLedger,
    private readonly holds: CreditHolds,
  ) {}

  /**
   * Makes the change that `apply` begins, with what is asked of the credits in the same transaction.
   *
   * @param apply locks the team and changes what else is asked for; answers the team.
   * @throws AppError `credits_insufficient` when more is to be taken back than is free, `store_unavailable` when Redis
   *   cannot be asked, `request_invalid` for a budget mode that there is not.
   */
  async changeTo(
    ctx: RequestContext,
    team: SaasTeamEntity,
    asked: AskedCredits,
    apply: (change: Change) => Promise<SaasTeamEntity>,
  ): Promise<Changed<void>> {
    for (let attempt = 1; ; attempt += 1) {
      const withdrawal = await this.hold(ctx, team, asked);
      try {
        return await this.changes.run(ctx, async (change) => {
          const locked = await apply(change);
          await this.applyCredits(ctx, change, locked, asked, withdrawal);
        });
      } catch (error) {
        if (withdrawal !== undefined) await this.release(ctx, withdrawal);
        if (!(error instanceof AllocationMoved)) throw error;
        if (attempt >= ATTEMPTS_MAX) {
          throw new AppError('store_unavailable', { detail: 'The credits of the team changed too fast. Try again.' });
        }
      }
    }
  }

  /** Holds what is above the wanted allocation; undefined when nothing is. */
  private async hold(
    ctx: RequestContext,
    { governanceTeamId }: SaasTeamEntity,
    { credits_allocated: wanted }: AskedCredits,
  ): Promise<Withdrawal | undefined> {
    if (wanted === undefined || wanted === null) return undefined;
    const account = await openAccountOf(this.dataSource.manager, governanceTeamId);
    const credits = (account?.allocatedCredits ?? 0n) - BigInt(wanted);
    if (account === null || credits <= 0n) return undefined;
    const holdId = uuidv7(ctx.nowMs);
    try {
      await this.holds.open(
        {
          id: holdId,
          accountId: account.id,
          purpose: 'withdrawal',
          initialMicroCredits: credits * MICRO_CREDITS_PER_CREDIT,
          nowMs: ctx.nowMs,
        },
        nothing,
        nothing,
      );
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'credits_exhausted') throw error;
      throw new AppError('credits_insufficient', {
        detail: `credits_allocated cannot be lowered by ${credits}, to ${wanted}: ${error.detail ?? ''}`,
        fields: [{ path: 'credits_allocated', reason: `would take back ${credits} credits that are not free` }],
        cause: error,
      });
    }
    return { holdId, credits };
  }

  private async release(ctx: RequestContext, { holdId }: Withdrawal): Promise<void> {
    await this.changes.run(ctx, async (change) => {
      await this.holds.close(change, holdId, 0n);
    });
  }

  private async applyCredits(
    ctx: RequestContext,
    change: Change,
    team: SaasTeamEntity,
    asked: AskedCredits,
    withdrawal: Withdrawal | undefined,
  ): Promise<void> {
    const account = await openAccountOf(change.tx, team.governanceTeamId, true);
    if (account === null) throw new AppError('not_found', { detail: `Team '${team.teamId}' was not found.` });
    await this.applyTerms(change, team, account, asked);
    const { credits_allocated: wanted } = asked;
    if (wanted === undefined || wanted === null) return;
    const difference = BigInt(wanted) - account.allocatedCredits;
    const takenBack = difference < 0n ? -difference : 0n;
    if (takenBack !== (withdrawal?.credits ?? 0n)) throw new AllocationMoved();
    if (difference === 0n) return;
    const before = Number(account.allocatedCredits);
    const transfer = await this.ledger.post(change.tx, account, {
      type: 'adjustment',
      credits: difference < 0n ? -difference : difference,
      direction: difference < 0n ? 'out' : 'in',
      idempotencyKey: `set:${uuidv7(ctx.nowMs)}`,
      reason: `credits_allocated was set to ${wanted}.`,
      actor: ctx.actor,
      requestId: ctx.requestId,
      now: change.now,
    });
    if (withdrawal !== undefined) await this.holds.close(change, withdrawal.holdId, 0n);
    change.touch(accountTenant(account));
    change.audit({
      tenantId: accountTenant(account),
      action: 'credits.adjusted',
      entityType: 'team',
      entityId: team.teamId,
      before: { credits_allocated: before },
      after: { credits_allocated: wanted, transaction_id: transfer.id },
    });
  }

  private async applyTerms(
    change: Change,
    team: SaasTeamEntity,
    account: CreditAccountEntity,
    asked: AskedTerms,
  ): Promise<void> {
    const { tx, now } = change;
    const terms = planTerms(account, asked);
    if (areTermsAlike(terms, account)) return;
    const before = toAuditTerms(account);
    Object.assign(account, terms, { updatedAt: nextTimestamp(account.updatedAt, now) });
    const { updatedAt } = account;
    await tx.getRepository(CreditAccountEntity).update({ id: account.id }, { ...terms, updatedAt });
    change.touch(accountTenant(account));
    change.audit({
      tenantId: accountTenant(account),
      action: 'credits.terms_changed',
      entityType: 'team',
      entityId: team.teamId,
      before,
      after: toAuditTerms(account),
    });
  }
}

function openAccountOf(
  manager: EntityManager,
  governanceTeamId: string,
  isLocked = false,
): Promise<CreditAccountEntity | null> {
  return manager.getRepository(CreditAccountEntity).findOne({
    where: { governanceTeamId, closedAt: IsNull() },
    ...(isLocked ? { lock: { mode: 'for_no_key_update' } } : {}),
  });
}

function accountTenant({ tenantId }: CreditAccountEntity): string {
  if (tenantId === null) throw new Error('An account of a team has a tenant.');
  return tenantId;
}

async function nothing(): Promise<void> {
  // The hold is all there is to write.
}
