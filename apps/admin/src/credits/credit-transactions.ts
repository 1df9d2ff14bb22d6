import { Injectable } from '@nestjs/common';
import { CreditTransferEntity } from '@penstock/entities';
import { DataSource } from 'typeorm';

import type { CreditTransactionsQuery } from './credits.requests.js';

/** Which bookings of an account to read. */
export type TransactionFilter = Pick<CreditTransactionsQuery, 'transaction_type' | 'job_id'>;

/** Where a page of bookings is cut. */
export interface TransactionPage {
  readonly limit: number;
  readonly offset?: number;
  /** Only those before this one. */
  readonly beforeSeq?: string;
}

/** Rows that an export has in memory at once. */
const EXPORT_PAGE = 1_000;

/** Reads bookings of an account, newest first. */
@Injectable()
export class CreditTransactions {
  constructor(private readonly dataSource: DataSource) {}

  page(
    accountId: string,
    filter: TransactionFilter,
    { limit, offset = 0, beforeSeq }: TransactionPage,
  ): Promise<CreditTransferEntity[]> {
    const builder = this.dataSource
      .createQueryBuilder(CreditTransferEntity, 't')
      .where('t.accountId = :accountId', { accountId })
      .orderBy('t.seq', 'DESC')
      .limit(limit)
      .offset(offset);
    if (beforeSeq !== undefined) builder.andWhere('t.seq < :beforeSeq', { beforeSeq });
    if (filter.transaction_type !== undefined) builder.andWhere('t.type = :type', { type: filter.transaction_type });
    if (filter.job_id !== undefined) builder.andWhere('t.jobId = :jobId', { jobId: filter.job_id });
    return builder.getMany();
  }

  /** All of them, a part at a time: what is booked meanwhile is not among them, because it is newer. */
  async *all(accountId: string, filter: TransactionFilter): AsyncGenerator<CreditTransferEntity[]> {
    let beforeSeq: string | undefined;
    for (;;) {
      const rows = await this.page(accountId, filter, {
        limit: EXPORT_PAGE,
        ...(beforeSeq === undefined ? {} : { beforeSeq }),
      });
      if (rows.length > 0) yield rows;
      if (rows.length < EXPORT_PAGE) return;
      beforeSeq = rows.at(-1)?.seq;
    }
  }
}
