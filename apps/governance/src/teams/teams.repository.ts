import { Injectable } from '@nestjs/common';
import { TeamEntity } from '@penstock/entities';
import { DataSource, In, type EntityManager } from 'typeorm';

import { applyListQuery, filterById } from '../http/list-page.js';
import type { CustomerListQuery } from '../http/list.query.js';

/** Rows of `governance.teams`. */
@Injectable()
export class TeamsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async findById(id: string): Promise<TeamEntity | null> {
    return this.dataSource.getRepository(TeamEntity).findOneBy({ id });
  }

  async list(query: CustomerListQuery): Promise<TeamEntity[]> {
    const builder = applyListQuery(this.dataSource.getRepository(TeamEntity).createQueryBuilder('team'), query);
    return filterById(builder, 'customerId', query.customer_id).getMany();
  }

  /** Also keeps keys of the team from changing until the transaction ends. */
  async lockById(tx: EntityManager, id: string): Promise<TeamEntity | null> {
    return tx.getRepository(TeamEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async insert(tx: EntityManager, team: TeamEntity): Promise<void> {
    await tx.getRepository(TeamEntity).insert(team);
  }

  async update(tx: EntityManager, team: TeamEntity): Promise<void> {
    const { id, ...columns } = team;
    await tx.getRepository(TeamEntity).update({ id }, columns);
  }

  async delete(tx: EntityManager, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.getRepository(TeamEntity).delete({ id: In([...ids]) });
  }
}
