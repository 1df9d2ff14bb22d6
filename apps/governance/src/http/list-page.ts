import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

import { isUuid } from './entity-id.pipe.js';
import type { ListQuery } from './list.query.js';

/** Oldest first, filtered by name and cut as the query says. */
export function applyListQuery<T extends ObjectLiteral>(
  builder: SelectQueryBuilder<T>,
  query: ListQuery,
): SelectQueryBuilder<T> {
  const { alias } = builder;
  builder.orderBy(`${alias}.createdAt`, 'ASC').addOrderBy(`${alias}.id`, 'ASC');
  if (query.search !== undefined && query.search !== '') {
    builder.andWhere(`${alias}.name ILIKE :search`, { search: `%${likeLiteral(query.search)}%` });
  }
  if (query.limit !== undefined) builder.limit(query.limit);
  if (query.offset !== undefined) builder.offset(query.offset);
  return builder;
}

/** An id filter. Empty is no filter; a text that is no UUID matches nothing. */
export function filterById<T extends ObjectLiteral>(
  builder: SelectQueryBuilder<T>,
  column: string,
  id: string | undefined,
): SelectQueryBuilder<T> {
  if (id === undefined || id === '') return builder;
  if (!isUuid(id)) return builder.andWhere('FALSE');
  return builder.andWhere(`${builder.alias}.${column} = :${column}`, { [column]: id });
}

/** The text as a pattern of LIKE that matches only itself. */
export function likeLiteral(text: string): string {
  return text.replaceAll('\0', '').replaceAll(/[\\%_]/g, String.raw`\$&`);
}
