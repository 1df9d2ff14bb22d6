import { Inject, Injectable } from '@nestjs/common';
import { AppError, MICRO_CREDITS_PER_CREDIT, uuidv7 } from '@penstock/domain';
import type { CreditAccountEntity } from '@penstock/entities';
import { LOGGER, type Logger, type RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import type { Change, Changed } from '../changes/index.js';
import { PolicyChanges } from '../changes/policy-changes.js';
import { CreditHolds } from './credit-holds.js';
import { CreditLedger } from './credit-ledger.js';

/** What is to be taken back. */
export interface NewWithdrawal {
  readonly accountId: string;
  readonly credits: bigint;
  /** It may also take what only the overdraft allows, as when that is lowered. */
  readonly isOfOverdraft?: boolean;
}

/** Longer than any withdrawal takes that somebody still waits for. */
const ABANDONED_AFTER_MS = 5 * 60_000;
/** Of one look. */
const ABANDONED_MAX = 200;

/**
 * Takes credits back that are not used and not spoken for. Only Redis knows what the calls in flight have taken, so it
 * is asked first: what it gives is out of everybody's reach until the change that books it has committed. So no
 * withdrawal ever makes a balance negative, however much is going on.
 */
@Injectable()
export class CreditWithdrawals {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly holds: CreditHolds,
    private readonly ledger: CreditLedger,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Runs a change for which `credits` of the account are kept free. `book` gets the locked account; it posts, audits and
   * touches the tenant. What it does not post is free again afterwards, as is everything when it throws.
   *
   * @throws AppError `credits_insufficient` when that many are not free, `store_unavailable` when Redis is away.
   */
  async run<T>(
    ctx: RequestContext,
    { accountId, credits, isOfOverdraft = false }: NewWithdrawal,
    book: (change: Change, account: CreditAccountEntity) => Promise<T>,
  ): Promise<Changed<T>> {
    const holdId = uuidv7(ctx.nowMs);
    await this.open(ctx, holdId, { accountId, credits, isOfOverdraft });
    try {
      return await this.changes.run(
        ctx,
        async (change) => {
          const account = await this.ledger.lockAccount(change.tx, accountId);
          const isStillHeld = await this.holds.close(change, holdId, 0n);
          if (account === null || !isStillHeld) throw new AppError('store_unavailable');
          return book(change, account);
        },
        creditTurn(accountId),
      );
    } catch (error) {
      await this.release(ctx, holdId);
      throw error;
    }
  }

  /** Frees what processes that died have taken and not booked. Answers how many there were. */
  async releaseAbandoned(ctx: RequestContext): Promise<number> {
    const abandoned: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM ledger.credit_holds WHERE purpose = 'withdrawal' AND state <> 'closed' AND created_at < $1
       ORDER BY created_at LIMIT ${ABANDONED_MAX}`,
      [new Date(ctx.nowMs - ABANDONED_AFTER_MS)],
    );
    // One that fails is tried again next time, and keeps no other from being freed.
    for (const { id } of abandoned) await this.release(ctx, id);
    return abandoned.length;
  }

  private async open(
    ctx: RequestContext,
    id: string,
    { accountId, credits, isOfOverdraft = false }: NewWithdrawal,
  ): Promise<void> {
    const hold = {
      id,
      accountId,
      purpose: 'withdrawal',
      initialMicroCredits: credits * MICRO_CREDITS_PER_CREDIT,
      isWithoutOverdraft: !isOfOverdraft,
      nowMs: ctx.nowMs,
    } as const;
    try {
      await this.holds.open(hold, NOTHING, NOTHING);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'credits_exhausted') throw error;
      const free = error.data?.['credits_available'];
      throw new AppError('credits_insufficient', {
        detail: `${credits} credits cannot be taken: ${typeof free === 'number' ? free : 'fewer'} are free.`,
        cause: error,
      });
    }
  }

  /** If this fails too, {@link releaseAbandoned} does it. */
  private async release(ctx: RequestContext, holdId: string): Promise<void> {
    try {
      await this.changes.run(ctx, (change) => this.holds.close(change, holdId, 0n));
    } catch (error) {
      this.logger.warn({ err: error, holdId }, 'credits of a withdrawal that failed stay held for a while');
    }
  }
}

/** Names the turn of an account for {@link PolicyChanges.run}. */
export function creditTurn(accountId: string): string {
  return `credits:${accountId}`;
}

/** The hold is all there is to write. */
const NOTHING = (_tx: EntityManager): Promise<void> => Promise.resolve();
