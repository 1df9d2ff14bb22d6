import { Inject, Injectable } from '@nestjs/common';
import { AppError, balanceOf, type Clock } from '@penstock/domain';
import { CreditAccountEntity, CreditGrantEntity } from '@penstock/entities';
import { type Change, CreditLedger, CreditWithdrawals, TakenCredits } from '@penstock/management';
import { CLOCK, LOGGER, type Logger, type RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { CreditEvents } from './credit-events.js';
import { DUE_PAGE, forEachDue } from './for-each-due.js';
import { systemContext } from './system-context.js';

interface DueGrant {
  readonly id: string;
  readonly accountId: string;
  readonly expiresAt: Date;
}

/**
 * Takes back what is left of grants that have expired.
 *
 * What running calls and jobs have taken is left to them: it is taken back, if it comes free, the next time. So no call
 * that began in time makes a balance negative, and a grant may end in several parts that are together its rest.
 */
@Injectable()
export class CreditExpiries {
  constructor(
    private readonly dataSource: DataSource,
    private readonly withdrawals: CreditWithdrawals,
    private readonly ledger: CreditLedger,
    private readonly taken: TakenCredits,
    private readonly events: CreditEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Ends all that are due. One that fails does not keep the others waiting; it is tried again next time. */
  run(): Promise<void> {
    return forEachDue<DueGrant>({
      find: (after) => this.due(after),
      work: (grant) => this.expire(grant),
      onFailure: ({ id }, error) => this.logger.warn({ grantId: id, err: error }, 'a grant could not be ended'),
    });
  }

  private due(after: DueGrant | undefined): Promise<DueGrant[]> {
    return this.dataSource.query(
      `SELECT g.id, g.account_id AS "accountId", g.expires_at AS "expiresAt"
       FROM ledger.credit_grants g JOIN ledger.credit_accounts a ON a.id = g.account_id
       WHERE g.expires_at <= $1 AND g.burned_credits + g.withdrawn_credits < g.credits AND a.closed_at IS NULL
         AND ($2::timestamptz IS NULL OR (g.expires_at, g.id) > ($2, $3::uuid))
       ORDER BY g.expires_at, g.id LIMIT ${DUE_PAGE}`,
      [new Date(this.clock.now()), after?.expiresAt ?? null, after?.id ?? null],
    );
  }

  private async expire({ id, accountId }: DueGrant): Promise<void> {
    const ctx = systemContext(this.clock.now());
    const { manager } = this.dataSource;
    const [account, grant] = await Promise.all([
      manager.findOneByOrFail(CreditAccountEntity, { id: accountId }),
      manager.findOneByOrFail(CreditGrantEntity, { id }),
    ]);
    const taken = await this.taken.of(account);
    if (taken === null) throw new AppError('store_unavailable');
    // A guess: who asks for no more than is free is not refused for all of it. Redis decides.
    const credits = smaller(restOf(grant), account.allocatedCredits - taken);
    if (credits <= 0n) return;
    try {
      const { body } = await this.withdrawals.run(ctx, { accountId, credits }, (change, locked) =>
        this.book(ctx, change, locked, id, credits),
      );
      if (body !== undefined) this.events.expired(accountId, body);
    } catch (error) {
      // A call was faster. What it leaves is taken back the next time.
      if (!(error instanceof AppError) || error.code !== 'credits_insufficient') throw error;
    }
  }

  /** Undefined: the grant was used up, or ended by another worker. */
  private async book(
    ctx: RequestContext,
    change: Change,
    account: CreditAccountEntity,
    grantId: string,
    heldCredits: bigint,
  ): Promise<bigint | undefined> {
    const grant = await change.tx.findOneByOrFail(CreditGrantEntity, { id: grantId });
    const credits = smaller(restOf(grant), heldCredits);
    if (credits <= 0n || account.tenantId === null) return undefined;
    const before = balanceOf(account);
    const transfer = await this.ledger.post(change.tx, account, {
      type: 'expiry',
      direction: 'out',
      credits,
      fromGrantId: grantId,
      // Its parts are told apart by what was withdrawn before them.
      idempotencyKey: `expiry:${grantId}:${grant.withdrawnCredits}`,
      reason: 'The credits have expired.',
      actor: ctx.actor,
      requestId: ctx.requestId,
      now: change.now,
    });
    change.touch(account.tenantId);
    change.audit({
      tenantId: account.tenantId,
      action: 'credits.expired',
      entityType: 'credit_account',
      entityId: account.teamId ?? '',
      before: { credits_remaining: before.toString() },
      after: {
        credits_remaining: balanceOf(account).toString(),
        transaction_id: transfer.id,
        credits: credits.toString(),
        grant_id: grantId,
      },
    });
    return credits;
  }
}

function restOf({ credits, burnedCredits, withdrawnCredits }: CreditGrantEntity): bigint {
  return credits - burnedCredits - withdrawnCredits;
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
