import { Injectable } from '@nestjs/common';
import { CustomerEntity, TeamEntity } from '@penstock/entities';
import { Any, DataSource } from 'typeorm';

import { toCustomerSummary } from '../customers/customer.mapping.js';
import type { CustomerSummary } from '../customers/customer.response.js';
import { LimitBook } from '../limits/answers/limit-book.js';
import { toTeamSummary } from '../teams/team.mapping.js';
import type { TeamSummary } from '../teams/team.response.js';

/** Teams and customers as they are shown inside other entities; three queries for any number of them. */
@Injectable()
export class OwnerSummaries {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limitBook: LimitBook,
  ) {}

  async teams(ids: Iterable<string | null>): Promise<Map<string, TeamSummary>> {
    const wanted = distinct(ids);
    if (wanted.length === 0) return new Map();
    const [teams, limitIds] = await Promise.all([
      this.dataSource.getRepository(TeamEntity).findBy({ id: Any(wanted) }),
      this.limitBook.ids('team', wanted),
    ]);
    return new Map(teams.map((team) => [team.id, toTeamSummary(team, limitIds)]));
  }

  async customers(ids: Iterable<string | null>): Promise<Map<string, CustomerSummary>> {
    const wanted = distinct(ids);
    if (wanted.length === 0) return new Map();
    const [customers, limitIds] = await Promise.all([
      this.dataSource.getRepository(CustomerEntity).findBy({ id: Any(wanted) }),
      this.limitBook.ids('customer', wanted),
    ]);
    return new Map(customers.map((customer) => [customer.id, toCustomerSummary(customer, limitIds)]));
  }

  /** The teams of each customer, oldest first. */
  async teamsOfCustomers(customerIds: readonly string[]): Promise<Map<string, TeamSummary[]>> {
    const teams = await this.dataSource.getRepository(TeamEntity).find({
      where: { customerId: Any([...customerIds]) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    const limitIds = await this.limitBook.ids(
      'team',
      teams.map(({ id }) => id),
    );
    const byCustomer = new Map<string, TeamSummary[]>(customerIds.map((id) => [id, []]));
    for (const team of teams) byCustomer.get(team.customerId ?? '')?.push(toTeamSummary(team, limitIds));
    return byCustomer;
  }
}

function distinct(ids: Iterable<string | null>): string[] {
  return [...new Set(ids)].filter((id) => id !== null);
}
