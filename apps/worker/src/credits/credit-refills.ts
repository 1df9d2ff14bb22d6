import { Inject, Injectable } from '@nestjs/common';
import { balanceOf, type Clock, refillPeriodAt, refillPeriodStart } from '@penstock/domain';
import { CreditAccountEntity } from '@penstock/entities';
import { type Change, CreditLedger, PolicyChanges } from '@penstock/management';
import { CLOCK, LOGGER, type Logger, type RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { CreditEvents } from './credit-events.js';
import { DUE_PAGE, forEachDue } from './for-each-due.js';
import { systemContext } from './system-context.js';

/**
 * Refills the accounts whose period has ended. Each period is refilled once, by whoever comes first: the booking carries
 * the number of the period as its idempotency key, and moves the account's next moment in the same transaction.
 *
 * Who comes late does not come twice: when several periods have passed while every worker was down, the one that runs
 * now is refilled and the others are not.
 */
@Injectable()
export class CreditRefills {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly ledger: CreditLedger,
    private readonly events: CreditEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Refills all that are due. One that fails does not keep the others waiting; it is tried again next time. */
  run(): Promise<void> {
    return forEachDue<string>({
      find: (afterId) => this.due(afterId ?? NO_ID),
      work: (id) => this.refill(id),
      onFailure: (id, error) => this.logger.warn({ accountId: id, err: error }, 'an account could not be refilled'),
    });
  }

  private async due(afterId: string): Promise<string[]> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM ledger.credit_accounts WHERE auto_refill AND next_refill_at <= $1 AND id > $2
       ORDER BY id LIMIT ${DUE_PAGE}`,
      [new Date(this.clock.now()), afterId],
    );
    return rows.map(({ id }) => id);
  }

  private async refill(accountId: string): Promise<void> {
    const ctx = systemContext(this.clock.now());
    const { body: credits } = await this.changes.run(ctx, (change) => this.refillOnce(ctx, change, accountId));
    if (credits !== undefined) this.events.refilled(accountId, credits);
  }

  /** Undefined: somebody was faster, or the account is not refilled any more. */
  private async refillOnce(ctx: RequestContext, change: Change, accountId: string): Promise<bigint | undefined> {
    const account = await this.ledger.lockAccount(change.tx, accountId);
    if (account === null || !isDue(account, ctx.nowMs)) return undefined;
    const before = balanceOf(account);
    const schedule = { period: account.refillPeriod, anchorMs: account.refillAnchorAt.getTime() };
    const index = refillPeriodAt(schedule, ctx.nowMs);
    const transfer = await this.ledger.post(change.tx, account, {
      type: 'refill',
      direction: 'in',
      credits: account.refillCredits,
      // Periods are counted from the anchor: another one has other first, second and third periods.
      idempotencyKey: `refill:${schedule.anchorMs}:${index}`,
      reason: `Refill ${index} (${schedule.period}).`,
      actor: ctx.actor,
      requestId: ctx.requestId,
      now: change.now,
    });
    const nextRefillAt = new Date(refillPeriodStart(schedule, index + 1));
    await change.tx.update(CreditAccountEntity, account.id, { lastRefillAt: change.now, nextRefillAt });
    change.touch(account.tenantId);
    change.audit({
      tenantId: account.tenantId,
      action: 'credits.refilled',
      entityType: 'credit_account',
      entityId: account.teamId ?? '',
      before: { credits_remaining: before.toString() },
      after: {
        credits_remaining: balanceOf(account).toString(),
        transaction_id: transfer.id,
        credits: transfer.credits.toString(),
        next_refill_at: nextRefillAt.toISOString(),
      },
    });
    return transfer.credits;
  }
}

/** Before every id. */
const NO_ID = '00000000-0000-0000-0000-000000000000';

type Settled = 'tenantId' | 'refillPeriod' | 'refillAnchorAt' | 'refillCredits' | 'nextRefillAt';
type DueAccount = CreditAccountEntity & { [K in Settled]: NonNullable<CreditAccountEntity[K]> };

/** What the table's checks promise of an account that is refilled, and that it is time. */
function isDue(account: CreditAccountEntity, nowMs: number): account is DueAccount {
  const { autoRefill, closedAt, nextRefillAt } = account;
  return autoRefill && closedAt === null && nextRefillAt !== null && nextRefillAt.getTime() <= nowMs;
}
