import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { VirtualKeyEntity } from '@penstock/entities';
import { DataSource, In, type EntityManager } from 'typeorm';

import { brokenConstraintOf } from '../http/database-errors.js';
import { isUuid } from '../http/entity-id.pipe.js';
import { likeLiteral } from '../http/list-page.js';
import type { OwnerListQuery } from '../http/list.query.js';

/** A key as lists show it. */
export type ListedKey = Omit<VirtualKeyEntity, 'keyHash' | 'valueCiphertext' | 'valueKeyVersion'>;

/** Lists of ten thousand are asked for: read without hydration. */
const LIST_SQL = `
SELECT id, name, description, is_active AS "isActive", allowed_models AS "allowedModels",
  allowed_providers AS "allowedProviders", team_id AS "teamId", customer_id AS "customerId",
  value_hint AS "valueHint", created_at AS "createdAt", updated_at AS "updatedAt"
FROM governance.virtual_keys
WHERE ($1::text IS NULL OR name ILIKE $1) AND ($2::uuid IS NULL OR team_id = $2)
  AND ($3::uuid IS NULL OR customer_id = $3)
ORDER BY created_at, id LIMIT $4 OFFSET $5`;

/** Rows of `governance.virtual_keys`. */
@Injectable()
export class VirtualKeysRepository {
  constructor(private readonly dataSource: DataSource) {}

  async findById(id: string): Promise<VirtualKeyEntity | null> {
    return this.dataSource.getRepository(VirtualKeyEntity).findOneBy({ id });
  }

  /** Without what opens a value: lists do not show it, and need not load it. */
  async list(query: OwnerListQuery): Promise<ListedKey[]> {
    const { limit, offset = 0, search = '', team_id = '', customer_id = '' } = query;
    if ([team_id, customer_id].some((id) => id !== '' && !isUuid(id))) return [];
    return this.dataSource.query(LIST_SQL, [
      search === '' ? null : `%${likeLiteral(search)}%`,
      team_id === '' ? null : team_id,
      customer_id === '' ? null : customer_id,
      limit ?? null,
      offset,
    ]);
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
