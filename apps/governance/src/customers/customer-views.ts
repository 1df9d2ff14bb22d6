import { Injectable } from '@nestjs/common';
import type { CustomerEntity } from '@penstock/entities';

import { LimitBook } from '../limits/answers/limit-book.js';
import { OwnerSummaries } from '../owners/owner-summaries.js';
import type { CustomerResponse } from './customer-envelopes.js';
import { toCustomerResponse } from './customer.mapping.js';

/** Customers with their teams and live usage: a fixed number of queries for any number of customers. */
@Injectable()
export class CustomerViews {
  constructor(
    private readonly summaries: OwnerSummaries,
    private readonly limitBook: LimitBook,
  ) {}

  async many(customers: readonly CustomerEntity[], nowMs: number): Promise<CustomerResponse[]> {
    const ids = customers.map(({ id }) => id);
    const [teams, limits] = await Promise.all([
      this.summaries.teamsOfCustomers(ids),
      this.limitBook.answers('customer', ids, nowMs),
    ]);
    return customers.map((customer) =>
      toCustomerResponse(customer, teams.get(customer.id) ?? [], limits.get(customer.id) ?? {}),
    );
  }
}
