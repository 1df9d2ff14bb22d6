import { Injectable } from '@nestjs/common';
import { AppError, parseUsd } from '@penstock/domain';
import { CreditTransferEntity } from '@penstock/entities';
import {
  type Change,
  Changed,
  CreditLedger,
  creditTurn,
  CreditWithdrawals,
  PolicyChanges,
  type PostingRequest,
} from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { decimalText } from '../../http/is-decimal.decorator.js';
import { CreditAccounts } from '../credit-accounts.js';
import { toCreditTransactionResponse } from '../credits.mapping.js';
import { allocatedAfter } from './allocated-after.js';
import { auditBooking, type Booked, clientKey, grantTermsOf, postingContextOf, refuseImpossible } from './booking.js';
import type {
  AddCreditsRequest,
  AdjustCreditsRequest,
  RefundCreditsRequest,
  ReplenishCreditsRequest,
} from './bookings.requests.js';
import type {
  CreditsAddedResponse,
  CreditsAdjustedResponse,
  CreditsRefundedResponse,
  CreditsReplenishedResponse,
} from './bookings.responses.js';
import { creditsToRefund } from './credits-to-refund.js';

type Locked = Awaited<ReturnType<CreditAccounts['lock']>>;

const PAYMENT_TYPES = { subscription: 'subscription_payment', one_time: 'one_time_payment' } as const;

/** Credits that operators move. The first argument after the context is the team's id, the last the idempotency key. */
@Injectable()
export class BookingsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CreditAccounts,
    private readonly ledger: CreditLedger,
    private readonly changes: PolicyChanges,
    private readonly withdrawals: CreditWithdrawals,
  ) {}

  async add(
    ctx: RequestContext,
    teamId: string,
    body: AddCreditsRequest,
    key: string | undefined,
  ): Promise<Changed<CreditsAddedResponse>> {
    const request: PostingRequest = {
      ...this.incoming(ctx, body),
      type: 'allocation',
      credits: BigInt(body.credits),
      idempotencyKey: clientKey(key),
    };
    const booked = await this.bookIn(ctx, teamId, 'credits.added', () => Promise.resolve(request));
    return booked.map(({ account, transfer }) => ({
      team_id: teamId,
      credits_added: body.credits,
      transaction: toCreditTransactionResponse(account, transfer),
    }));
  }

  /** @throws AppError in the order of the contract: payment type, amount, team. */
  async replenish(
    ctx: RequestContext,
    teamId: string,
    body: ReplenishCreditsRequest,
    key: string | undefined,
  ): Promise<Changed<CreditsReplenishedResponse>> {
    const { payment_type: paymentType, payment_amount_usd: amount, payment_reference: reference } = body;
    if (paymentType !== 'subscription' && paymentType !== 'one_time') {
      throw new AppError('credit_terms_invalid', { detail: 'payment_type must be subscription or one_time.' });
    }
    if (body.credits < 1) throw new AppError('credit_terms_invalid', { detail: 'credits must be greater than 0.' });
    const paymentNanoUsd = amount === null || amount === undefined ? undefined : parseUsd(decimalText(amount));
    const request: PostingRequest = {
      ...this.incoming(ctx, body),
      type: PAYMENT_TYPES[paymentType],
      credits: BigInt(body.credits),
      idempotencyKey: reference === null || reference === undefined ? clientKey(key) : `payment:${reference}`,
      ...(paymentNanoUsd === undefined ? {} : { paymentNanoUsd }),
    };
    const booked = await this.bookIn(
      ctx,
      teamId,
      'credits.replenished',
      () => Promise.resolve(request),
      async (change, account) => {
        if (paymentType !== 'subscription') return;
        account.lastRefillAt = change.now;
        await change.tx.query('UPDATE ledger.credit_accounts SET last_refill_at = $2 WHERE id = $1', [
          account.id,
          change.now,
        ]);
      },
    );
    const after = await allocatedAfter(this.dataSource.manager, booked.body.transfer);
    return booked.map(({ account, transfer }) => ({
      team_id: teamId,
      credits_added: body.credits,
      credits_before: Number(after - transfer.credits),
      credits_after: Number(after),
      payment_type: paymentType,
      payment_amount_usd: amount === null || amount === undefined ? null : Number(amount),
      transaction: toCreditTransactionResponse(account, transfer),
    }));
  }

  /** Gives back what was deducted: never more than that, however often it is asked for. */
  async refund(
    ctx: RequestContext,
    teamId: string,
    body: RefundCreditsRequest,
    key: string | undefined,
  ): Promise<Changed<CreditsRefundedResponse>> {
    const { job_id: jobId, credits } = body;
    if ((jobId ?? credits ?? undefined) === undefined) {
      throw new AppError('validation_failed', {
        fields: [{ path: 'credits', reason: 'is required unless job_id is given' }],
      });
    }
    const incoming = this.incoming(ctx, body);
    const booked = await this.bookIn(ctx, teamId, 'credits.refunded', async (tx, account) => {
      const request = {
        ...incoming,
        type: 'refund' as const,
        // The whole of a job is refunded once, so it needs no key of the caller.
        idempotencyKey: key === undefined && jobId && !credits ? `refund:${jobId}` : clientKey(key),
        ...(jobId ? { jobId } : {}),
      };
      const before = await tx.findOneBy(CreditTransferEntity, {
        accountId: account.id,
        idempotencyKey: request.idempotencyKey,
      });
      // The repetition of a refund must not fail because the first has left nothing to refund.
      if (before !== null) return { ...request, credits: credits ? BigInt(credits) : before.credits };
      return { ...request, credits: await creditsToRefund(tx, account, { jobId, credits }) };
    });
    return booked.map(({ account, transfer }) => ({
      team_id: teamId,
      job_id: transfer.jobId,
      credits_refunded: Number(transfer.credits),
      transaction: toCreditTransactionResponse(account, transfer),
    }));
  }

  /** Sets the balance right: credits come in or, when negative, are taken back as far as nobody has spoken for them. */
  async adjust(
    ctx: RequestContext,
    teamId: string,
    body: AdjustCreditsRequest,
    key: string | undefined,
  ): Promise<Changed<CreditsAdjustedResponse>> {
    if (body.credits === 0) {
      throw new AppError('validation_failed', { fields: [{ path: 'credits', reason: 'must not be 0' }] });
    }
    const isIn = body.credits > 0;
    const request: PostingRequest = {
      ...this.incoming(ctx, body),
      type: 'adjustment',
      direction: isIn ? 'in' : 'out',
      credits: BigInt(Math.abs(body.credits)),
      idempotencyKey: clientKey(key),
    };
    const booked = isIn
      ? await this.bookIn(ctx, teamId, 'credits.adjusted', () => Promise.resolve(request))
      : await this.bookOut(ctx, teamId, 'credits.adjusted', request);
    return booked.map(({ account, transfer }) => ({
      team_id: teamId,
      credits_adjusted: body.credits,
      transaction: toCreditTransactionResponse(account, transfer),
    }));
  }

  private incoming(
    ctx: RequestContext,
    body: AddCreditsRequest | ReplenishCreditsRequest | RefundCreditsRequest | AdjustCreditsRequest,
  ): Omit<PostingRequest, 'type' | 'credits' | 'idempotencyKey'> {
    return {
      ...postingContextOf(ctx),
      direction: 'in',
      grant: grantTermsOf(body),
      ...(body.reason === null || body.reason === undefined ? {} : { reason: body.reason }),
    };
  }

  /** Books credits that come in. `write` is part of the booking, and does not run again when that is repeated. */
  private async bookIn(
    ctx: RequestContext,
    teamId: string,
    action: string,
    plan: (tx: EntityManager, account: Locked) => Promise<PostingRequest>,
    write: (change: Change, account: Locked) => Promise<void> = () => Promise.resolve(),
  ): Promise<Changed<Booked>> {
    const { account: known } = await this.accounts.find(teamId);
    return this.changes.run(
      ctx,
      async (change) => {
        const account = await this.accounts.lock(change.tx, teamId);
        const request = await plan(change.tx, account);
        const posted = await this.ledger.findPosted(change.tx, account, request);
        if (posted !== null) return { account, transfer: posted };
        refuseImpossible(account, request);
        await write(change, account);
        return this.book(change, account, request, action);
      },
      creditTurn(known.id),
    );
  }

  private async bookOut(
    ctx: RequestContext,
    teamId: string,
    action: string,
    request: PostingRequest,
  ): Promise<Changed<Booked>> {
    const { account: known } = await this.accounts.find(teamId);
    const posted = await this.ledger.findPosted(this.dataSource.manager, known, request);
    if (posted !== null) return new Changed({ account: known, transfer: posted }, true);
    return this.withdrawals.run(ctx, { accountId: known.id, credits: request.credits }, async (change, account) => {
      const transfer = await this.ledger.findPosted(change.tx, account, request);
      return transfer === null ? this.book(change, account as Locked, request, action) : { account, transfer };
    });
  }

  private async book(change: Change, account: Locked, request: PostingRequest, action: string): Promise<Booked> {
    const transfer = await this.ledger.postNew(change.tx, account, request);
    change.touch(account.tenantId);
    auditBooking(change, action, account, transfer.balanceBeforeCredits, transfer);
    return { account, transfer };
  }
}
