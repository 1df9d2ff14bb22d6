import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { VirtualKeyEntity } from '@penstock/entities';
import { DataSource, In, type EntityManager } from 'typeorm';

import { brokenConstraintOf } from '../http/database-errors.js';
import { applyListQuery, filterById } from '../http/list-page.js';
import type { OwnerListQuery } from '../http/list.query.js';

/** Rows of `governance.virtual_keys`. */
@Injectable()
export class VirtualKeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  async findById(id: string): Promise<VirtualKeyEntity | null> {
    return this.dataSource.getRepository(VirtualKeyEntity).findOneBy({ id });
  }

  async list(query: OwnerListQuery): Promise<VirtualKeyEntity[]> {
    const builder = applyListQuery(this.dataSource.getRepository(VirtualKeyEntity).createQueryBuilder('key'), query);
    filterById(builder, 'teamId', query.team_id);
    filterById(builder, 'customerId', query.customer_id);
    return builder.getMany();
  }

  async lockById(tx: EntityManager, id: string): Promise<VirtualKeyEntity | null> {
    return tx.getRepository(VirtualKeyEntity).findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  async insert(tx: EntityManager, key: VirtualKeyEntity): Promise<void> {
    await nameTakenWhenRefused(tx.getRepository(VirtualKeyEntity).insert(key), key.name);
  }

  async update(tx: EntityManager, key: VirtualKeyEntity): Promise<void> {
    const { id, ...columns } = key;
    await nameTakenWhenRefused(tx.getRepository(VirtualKeyEntity).update({ id }, columns), key.name);
  }

  async delete(tx: EntityManager, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await tx.getRepository(VirtualKeyEntity).delete({ id: In([...ids]) });
  }
}

async function nameTakenWhenRefused(write: Promise<unknown>, name: string): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (brokenConstraintOf(error) !== 'uq_virtual_keys_name') throw error;
    throw new AppError('name_taken', {
      detail: `A virtual key with the name ${JSON.stringify(name)} already exists.`,
      cause: error,
    });
  }
}
