import { Injectable } from '@nestjs/common';
import {
  AppError,
  balanceOf,
  type BudgetMode,
  type CreditPosting,
  type GrantRest,
  planPosting,
  restOf,
  uuidv7,
} from '@penstock/domain';
import { CreditAccountEntity, CreditGrantEntity, CreditTransferEntity } from '@penstock/entities';
import { type EntityManager, In, IsNull } from 'typeorm';

import { type PostingRequest, requestHashOf } from './posting-request.js';
import { type DecidedPosting, writePostings } from './posting-rows.js';

/** A team's account before anything is in it. */
export interface NewCreditAccount {
  readonly tenantId: string;
  readonly governanceTeamId: string;
  readonly teamId: string;
  readonly organizationId: string;
  readonly budgetMode: BudgetMode;
  /** Decimal text with at most two places. */
  readonly creditsPerDollar: string;
  readonly tokensPerCredit: bigint;
  /** 0 when absent. */
  readonly overdraftCredits?: bigint;
  readonly now: Date;
}

/** Who moves credits, and when. */
export type PostingContext = Pick<PostingRequest, 'actor' | 'requestId' | 'now'>;

/** What calls without a job used of one account. */
export interface UsageIncrement {
  readonly accountId: string;
  readonly credits: bigint;
  readonly calls: number;
  /** The transfer that the usage events of the calls name; one is made up when absent. */
  readonly transferId?: string;
}

/** How {@link UsageIncrement}s were posted to one account. */
export interface PostedUsage {
  readonly accountId: string;
  readonly transferId: string;
  readonly balanceAfterCredits: bigint;
  /** The account has used more than its credits and its overdraft. */
  readonly isOverdrawn: boolean;
}

/**
 * The only writer of credits: every movement is a transfer of two entries that sum to zero, with the grants it comes
 * from and the totals of the account, in the caller's transaction.
 */
@Injectable()
export class CreditLedger {
  /** An account of a new team, with nothing in it. */
  async openAccount(tx: EntityManager, account: NewCreditAccount): Promise<CreditAccountEntity> {
    const { now, overdraftCredits = 0n, ...rest } = account;
    const opened = tx.create(CreditAccountEntity, {
      ...rest,
      id: uuidv7(now.getTime()),
      kind: 'team',
      allocatedCredits: 0n,
      usedCredits: 0n,
      overdraftCredits,
      lowBalanceThresholdCredits: null,
      autoRefill: false,
      refillCredits: null,
      refillPeriod: null,
      refillAnchorAt: null,
      nextRefillAt: null,
      lastRefillAt: null,
      createdAt: now,
      updatedAt: now,
      closedAt: null,
    });
    await tx.insert(CreditAccountEntity, opened);
    return opened;
  }

  /** Nothing is posted to the account until the transaction ends. Null: there is none. */
  async lockAccount(tx: EntityManager, accountId: string): Promise<CreditAccountEntity | null> {
    return tx.findOne(CreditAccountEntity, { where: { id: accountId, kind: 'team' }, lock: LOCK });
  }

  /** Like {@link lockAccount}, by the team's id. Null: the team has none, or it was closed. */
  async lockOpenAccountOfTeam(tx: EntityManager, teamId: string): Promise<CreditAccountEntity | null> {
    return tx.findOne(CreditAccountEntity, { where: { teamId, kind: 'team', closedAt: IsNull() }, lock: LOCK });
  }

  /** What the same request has posted before. Throws 409 when the key was used for another one. */
  async findPosted(
    tx: EntityManager,
    account: CreditAccountEntity,
    request: PostingRequest,
  ): Promise<CreditTransferEntity | null> {
    const { idempotencyKey } = request;
    const posted = await tx.findOneBy(CreditTransferEntity, { accountId: account.id, idempotencyKey });
    if (posted === null || posted.requestHash === requestHashOf(request)) return posted;
    throw new AppError('idempotency_mismatch', {
      detail: `The idempotency key was used before, for ${posted.type} of ${posted.credits} credits.`,
      data: { transaction_id: posted.id },
    });
  }

  /**
   * Moves credits, once per idempotency key: the same request again is answered with the first transfer, another one
   * under the same key is 409 `idempotency_mismatch`. Credits that are taken back must be there (400
   * `credits_insufficient`); use is never refused, because it has happened.
   *
   * The caller holds the lock on the account, audits, and touches the tenant when credits came in or were taken back.
   * The account in memory is changed as well.
   */
  async post(tx: EntityManager, account: CreditAccountEntity, request: PostingRequest): Promise<CreditTransferEntity> {
    return (await this.findPosted(tx, account, request)) ?? this.postNew(tx, account, request);
  }

  /** Like {@link post}, for who has asked {@link findPosted} under the same lock and was answered null. */
  async postNew(
    tx: EntityManager,
    account: CreditAccountEntity,
    request: PostingRequest,
  ): Promise<CreditTransferEntity> {
    const grants = await this.findRests(tx, [account.id]);
    if (request.type === 'deduction') await this.restoreForUse(tx, [{ account, request }], grants);
    const [transfer] = await writePostings(tx, [decide(account, request, grants.get(account.id) ?? [])]);
    return transfer!;
  }

  /**
   * Posts what calls without a job used: one deduction for each account. The calls have happened, so nothing is refused:
   * an account may end below its overdraft, which the answer says. An increment of an account that does not exist has
   * no answer.
   */
  async postUsage(
    tx: EntityManager,
    increments: readonly UsageIncrement[],
    context: PostingContext,
  ): Promise<PostedUsage[]> {
    const used = increments.filter(({ credits }) => credits > 0n);
    if (used.length === 0) return [];
    const accounts = await this.lockAccounts(tx, [...new Set(used.map(({ accountId }) => accountId))]);
    const grants = await this.findRests(
      tx,
      accounts.map(({ id }) => id),
    );
    const deductions = accounts.map((account) => ({ account, request: deductionOf(account.id, used, context) }));
    await this.restoreForUse(tx, deductions, grants);
    const decided = deductions.map(({ account, request }) =>
      decide(account, request, grants.get(account.id) ?? [], request.transferId),
    );
    await writePostings(tx, decided);
    return decided.map(({ account, transferId, plan }) => ({
      accountId: account.id,
      transferId,
      balanceAfterCredits: plan.balanceAfterCredits,
      isOverdrawn: plan.balanceAfterCredits < -account.overdraftCredits,
    }));
  }

  /**
   * Ends an account: what is left is taken back, and it is not refilled any more. Calls that still run are paid all the
   * same: what they use is given back first. Answers the transfer, null when nothing was left.
   */
  async closeAccount(
    tx: EntityManager,
    account: CreditAccountEntity,
    context: PostingContext,
  ): Promise<CreditTransferEntity | null> {
    // First, because nobody has to be told that nothing is left.
    account.closedAt = context.now;
    const rest = restOf((await this.findRests(tx, [account.id])).get(account.id) ?? []);
    const transfer =
      rest === 0n
        ? null
        : await this.post(tx, account, {
            ...context,
            type: 'adjustment',
            credits: rest,
            direction: 'out',
            idempotencyKey: 'closing',
            reason: 'The team was deleted.',
          });
    account.autoRefill = false;
    account.nextRefillAt = null;
    const { closedAt, autoRefill, nextRefillAt } = account;
    await tx.update(CreditAccountEntity, account.id, { closedAt, autoRefill, nextRefillAt });
    return transfer;
  }

  private async lockAccounts(tx: EntityManager, ids: readonly string[]): Promise<CreditAccountEntity[]> {
    // In the order of their ids: two transactions that meet on the same accounts wait for each other, no deadlock.
    return tx.find(CreditAccountEntity, { where: { id: In(ids), kind: 'team' }, order: { id: 'ASC' }, lock: LOCK });
  }

  /** The grants with a rest, by account. */
  private async findRests(tx: EntityManager, accountIds: readonly string[]): Promise<Map<string, GrantRest[]>> {
    const grants = await tx
      .createQueryBuilder(CreditGrantEntity, 'g')
      .where('g.account_id = ANY(:accountIds) AND g.burned_credits + g.withdrawn_credits < g.credits', { accountIds })
      .getMany();
    const rests = new Map<string, GrantRest[]>();
    for (const grant of grants) {
      const { id, accountId, priority, expiresAt, credits, burnedCredits, withdrawnCredits } = grant;
      const rest: GrantRest = {
        id,
        priority,
        expiresAtMs: expiresAt?.getTime() ?? null,
        restCredits: credits - burnedCredits - withdrawnCredits,
      };
      const known = rests.get(accountId);
      if (known === undefined) rests.set(accountId, [rest]);
      else known.push(rest);
    }
    return rests;
  }

  /**
   * A closed account has no credits: they were taken back while calls still ran. What such a call used comes back
   * first, so that no closed account ends below zero.
   */
  private async restoreForUse(
    tx: EntityManager,
    deductions: readonly { account: CreditAccountEntity; request: PostingRequest }[],
    grants: Map<string, GrantRest[]>,
  ): Promise<void> {
    const restored = deductions.flatMap(({ account, request }) => {
      const missing = request.credits - balanceOf(account);
      if (account.closedAt === null || missing <= 0n) return [];
      const { actor, requestId, now } = request;
      const transferId = uuidv7(now.getTime());
      return decide(
        account,
        {
          type: 'adjustment',
          credits: missing,
          direction: 'in',
          idempotencyKey: `restored:${transferId}`,
          reason: 'A call ended after the team was deleted.',
          actor,
          requestId,
          now,
        },
        grants.get(account.id) ?? [],
        transferId,
      );
    });
    if (restored.length === 0) return;
    await writePostings(tx, restored);
    const ids = restored.map(({ account }) => account.id);
    for (const [id, rests] of await this.findRests(tx, ids)) grants.set(id, rests);
  }
}

/** Not `FOR UPDATE`: entries refer to accounts, and must not wait for each other because of that. */
const LOCK = { mode: 'for_no_key_update' } as const;

function decide(
  account: CreditAccountEntity,
  request: PostingRequest,
  grants: readonly GrantRest[],
  transferId = uuidv7(request.now.getTime()),
): DecidedPosting {
  const plan = planPosting(account, grants, toPosting(request));
  if (plan === undefined) {
    const { fromGrantId } = request;
    const from = fromGrantId === undefined ? grants : grants.filter(({ id }) => id === fromGrantId);
    throw new AppError('credits_insufficient', {
      detail: `${request.credits} credits cannot be taken: ${restOf(from)} are there.`,
    });
  }
  return { account, request, plan, transferId, grantId: uuidv7(request.now.getTime()) };
}

function toPosting({ type, direction, credits, fromGrantId }: PostingRequest): CreditPosting {
  if (direction === 'in') {
    if (type === 'deduction' || type === 'expiry') throw new Error(`${type} brings no credits in.`);
    return { kind: 'in', credits };
  }
  if (type === 'deduction') return { kind: 'use', credits };
  return { kind: 'withdraw', credits, ...(fromGrantId === undefined ? {} : { grantId: fromGrantId }) };
}

function deductionOf(
  accountId: string,
  increments: readonly UsageIncrement[],
  context: PostingContext,
): PostingRequest & { transferId: string } {
  const own = increments.filter((increment) => increment.accountId === accountId);
  const transferId = own[0]?.transferId ?? uuidv7(context.now.getTime());
  return {
    ...context,
    transferId,
    type: 'deduction',
    direction: 'out',
    credits: own.reduce((sum, { credits }) => sum + credits, 0n),
    calls: own.reduce((sum, { calls }) => sum + calls, 0),
    idempotencyKey: `usage:${transferId}`,
  };
}
