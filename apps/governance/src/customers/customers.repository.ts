import { Injectable } from '@nestjs/common';
import { CustomerEntity, TeamEntity } from '@penstock/entities';
import { DataSource, In, type EntityManager } from 'typeorm';

import { applyListQuery } from '../http/list-page.js';
import type { ListQuery } from '../http/list.query.js';

/** Rows of `governance.customers`. */
@Injectable()
export class CustomersRepository {
  constructor(private readonly dataSource: DataSource) {}

  async findById(id: string): Promise<CustomerEntity | null> {
    return this.dataSource.getRepository(CustomerEntity).findOneBy({ id });
  }

  async list(query: ListQuery): Promise<CustomerEntity[]> {
    const builder = this.dataSource.getRepository(CustomerEntity).createQueryBuilder('customer');
    return applyListQuery(builder, query).getMany();
  }

  async lockById(tx: EntityManager, id: string): Promise<CustomerEntity | null> {
    return tx.getRepository(CustomerEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The teams of a customer, locked, in a fixed order. */
  async lockTeams(tx: EntityManager, customerId: string): Promise<TeamEntity[]> {
    return tx.getRepository(TeamEntity).find({
      where: { customerId },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
  }

  async insert(tx: EntityManager, customer: CustomerEntity): Promise<void> {
    await tx.getRepository(CustomerEntity).insert(customer);
  }

  async update(tx: EntityManager, customer: CustomerEntity): Promise<void> {
    const { id, ...columns } = customer;
    await tx.getRepository(CustomerEntity).update({ id }, columns);
  }

  async deleteTeams(tx: EntityManager, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.getRepository(TeamEntity).delete({ id: In([...ids]) });
  }

  async delete(tx: EntityManager, id: string): Promise<void> {
    await tx.getRepository(CustomerEntity).delete({ id });
  }
}
