import { Readable } from 'node:stream';

import { Inject, Injectable } from '@nestjs/common';
import { balanceOf, type Clock, formatPercent } from '@penstock/domain';
import { CreditGrantEntity, type CreditTransferEntity } from '@penstock/entities';
import { findDefaultMarkups, TakenCredits } from '@penstock/management';
import { CLOCK } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { csvLine } from '../http/csv.js';
import type { CreditAccountResponse } from './credit-account.response.js';
import { CreditAccounts } from './credit-accounts.js';
import type {
  CreditCheckResponse,
  CreditGrantListResponse,
  CreditTransactionListResponse,
  CreditTransactionResponse,
} from './credit-transaction.response.js';
import { CreditTransactions } from './credit-transactions.js';
import { toCreditAccountResponse, toCreditGrantResponse, toCreditTransactionResponse } from './credits.mapping.js';
import type { CreditGrantsQuery, CreditTransactionsQuery } from './credits.requests.js';

const TRANSACTIONS_DEFAULT = 50;
const GRANTS_DEFAULT = 100;

/** Columns of the export, in this order; what reads it may rely on the order. */
const CSV_COLUMNS = [
  'transaction_id',
  'created_at',
  'transaction_type',
  'direction',
  'credits_amount',
  'credits_before',
  'credits_after',
  'job_id',
  'calls',
  'payment_amount_usd',
  'reason',
] as const satisfies (keyof CreditTransactionResponse)[];

/** What teams and operators read about credits. */
@Injectable()
export class CreditsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: CreditAccounts,
    private readonly transfers: CreditTransactions,
    private readonly taken: TakenCredits,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async balance(teamId: string): Promise<CreditAccountResponse> {
    const { account, status } = await this.accounts.find(teamId);
    const tenantId = account.tenantId ?? '';
    const [takenCredits, markups] = await Promise.all([
      this.taken.of(account),
      findDefaultMarkups(this.dataSource.manager, [tenantId], new Date(this.clock.now())),
    ]);
    const costMarkupPercentage = Number(formatPercent(markups.get(tenantId) ?? 0));
    return toCreditAccountResponse(account, { status, takenCredits, costMarkupPercentage });
  }

  /** What decides is what the next call could use. */
  async check(teamId: string, needed: number): Promise<CreditCheckResponse> {
    const { account } = await this.accounts.find(teamId);
    const taken = (await this.taken.of(account)) ?? account.usedCredits;
    const available = account.allocatedCredits + account.overdraftCredits - taken;
    const hasCredits = available >= BigInt(needed);
    return {
      team_id: teamId,
      has_credits: hasCredits,
      credits_needed: needed,
      credits_remaining: Number(balanceOf(account)),
      credits_available: Number(available),
      ...(hasCredits
        ? {}
        : {
            error: `Insufficient credits: ${needed} are needed and ${available > 0n ? available : 0n} are available.`,
          }),
    };
  }

  async transactions(teamId: string, query: CreditTransactionsQuery): Promise<CreditTransactionListResponse> {
    const { account } = await this.accounts.find(teamId);
    const limit = query.limit ?? TRANSACTIONS_DEFAULT;
    const rows = await this.transfers.page(account.id, query, {
      limit,
      offset: query.offset ?? 0,
      ...(query.cursor === undefined ? {} : { beforeSeq: query.cursor }),
    });
    return {
      team_id: teamId,
      total: rows.length,
      transactions: rows.map((row) => toCreditTransactionResponse(account, row)),
      next_cursor: rows.length < limit ? null : (rows.at(-1)?.seq ?? null),
    };
  }

  /** All bookings as CSV. The team is looked up before the first byte, so that an unknown one still is 404. */
  async exportTransactions(teamId: string, query: CreditTransactionsQuery): Promise<Readable> {
    const { account } = await this.accounts.find(teamId);
    const parts = this.transfers.all(account.id, query);
    const toLine = (row: CreditTransferEntity): string => {
      const transaction = toCreditTransactionResponse(account, row);
      return csvLine(CSV_COLUMNS.map((column) => transaction[column]));
    };
    async function* lines(): AsyncGenerator<string> {
      yield csvLine(CSV_COLUMNS);
      for await (const part of parts) yield part.map(toLine).join('');
    }
    return Readable.from(lines());
  }

  async grants(teamId: string, query: CreditGrantsQuery): Promise<CreditGrantListResponse> {
    const { account } = await this.accounts.find(teamId);
    const builder = this.dataSource
      .createQueryBuilder(CreditGrantEntity, 'g')
      .where('g.accountId = :accountId', { accountId: account.id })
      .orderBy('g.priority')
      .addOrderBy('g.expiresAt', 'ASC', 'NULLS LAST')
      .addOrderBy('g.id')
      .limit(query.limit ?? GRANTS_DEFAULT)
      .offset(query.offset ?? 0);
    if (query.include_spent !== 'true') {
      builder.andWhere('g.burned_credits + g.withdrawn_credits < g.credits');
    }
    const grants = await builder.getMany();
    return { team_id: teamId, total: grants.length, grants: grants.map(toCreditGrantResponse) };
  }
}
