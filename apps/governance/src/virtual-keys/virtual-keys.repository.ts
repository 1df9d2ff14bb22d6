import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { VirtualKeyEntity } from '@penstock/entities';
import { brokenConstraintOf, KeySecrets } from '@penstock/management';
import { DataSource, In, type EntityManager } from 'typeorm';

import { isUuid } from '../http/entity-id.pipe.js';
import { planKeySearch } from './key-search.js';
import type { VirtualKeyListQuery } from './virtual-keys.query.js';

/** A key as lists show it: with the end of its current value, and without what opens it. */
export type ListedKey = VirtualKeyEntity & { readonly valueHint: string };

const ORDER_COLUMN = { name: 'k.name', created_at: 'k.created_at' } as const;

const FILTER_SQL = `
WHERE ($1::uuid IS NULL OR k.team_id = $1) AND ($2::uuid IS NULL OR k.customer_id = $2)
  AND ($3::text IS NULL OR $3 = ANY(k.tags)) AND ($4::boolean IS NULL OR k.is_active = $4)
  AND ($5::text IS NULL OR k.name ILIKE $5 OR k.id IN (
    SELECT v.virtual_key_id FROM governance.virtual_key_secrets v
     WHERE (v.expires_at IS NULL OR v.expires_at > to_timestamp($6 / 1000.0))
       AND (v.value_prefix LIKE $7::text OR v.value_hint = $8::text OR v.key_hash = $9::text)))`;

/** Lists of ten thousand are asked for: read without hydration. */
const LIST_SQL = `
SELECT k.id, k.name, k.description, k.is_active AS "isActive", k.allowed_models AS "allowedModels",
  k.allowed_providers AS "allowedProviders", k.team_id AS "teamId", k.customer_id AS "customerId",
  k.expires_at AS "expiresAt", k.allowed_ips AS "allowedIps", k.tags, s.value_hint AS "valueHint",
  k.created_at AS "createdAt", k.updated_at AS "updatedAt"
FROM governance.virtual_keys k
JOIN governance.virtual_key_secrets s ON s.virtual_key_id = k.id AND s.expires_at IS NULL
${FILTER_SQL}`;

const COUNT_SQL = `SELECT count(*)::int AS total FROM governance.virtual_keys k ${FILTER_SQL}`;

/** Rows of `governance.virtual_keys`. */
@Injectable()
export class VirtualKeysRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: KeySecrets,
  ) {}

  async findById(id: string): Promise<VirtualKeyEntity | null> {
    return this.dataSource.getRepository(VirtualKeyEntity).findOneBy({ id });
  }

  async list(query: VirtualKeyListQuery, nowMs: number): Promise<ListedKey[]> {
    const parameters = this.filterOf(query, nowMs);
    if (parameters === undefined) return [];
    const { limit, offset = 0, sort_by = 'created_at', order = 'asc' } = query;
    const direction = order === 'desc' ? 'DESC' : 'ASC';
    const orderSql = `ORDER BY ${ORDER_COLUMN[sort_by]} ${direction}, k.id ${direction} LIMIT $10 OFFSET $11`;
    return this.dataSource.query(`${LIST_SQL} ${orderSql}`, [...parameters, limit ?? null, offset]);
  }

  /** How many keys a list has before it is cut. */
  async count(query: VirtualKeyListQuery, nowMs: number): Promise<number> {
    const parameters = this.filterOf(query, nowMs);
    if (parameters === undefined) return 0;
    const rows: { total: number }[] = await this.dataSource.query(COUNT_SQL, parameters);
    return rows[0]?.total ?? 0;
  }

  /** Parameters of {@link FILTER_SQL}; undefined when nothing can match. */
  private filterOf(query: VirtualKeyListQuery, nowMs: number): unknown[] | undefined {
    const { search = '', team_id = '', customer_id = '', tag = '', is_active = '' } = query;
    if ([team_id, customer_id].some((id) => id !== '' && !isUuid(id))) return undefined;
    const planned = search === '' ? undefined : planKeySearch(search);
    return [
      team_id === '' ? null : team_id,
      customer_id === '' ? null : customer_id,
      tag === '' ? null : tag.replaceAll('\0', ''),
      is_active === '' ? null : is_active === 'true',
      planned?.namePattern ?? null,
      nowMs,
      planned?.prefixPattern ?? null,
      planned?.hint ?? null,
      typeof planned?.value === 'string' ? this.secrets.hash(planned.value) : null,
    ];
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
