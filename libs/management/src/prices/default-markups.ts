import { defaultMarkup } from '@penstock/domain';
import type { EntityManager } from 'typeorm';

import { LIVE_PRICE_BOOK, PRICE_BOOK_JSON, type PriceBookRow, toPriceBookEntry } from './price-book-rows.js';

/**
 * The default markups of tenants at a moment, in hundredths of a percent: what `cost_markup_percentage` says of their
 * credit accounts. A tenant without one is at 0, and in the answer.
 */
export async function findDefaultMarkups(
  manager: EntityManager,
  tenantIds: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const rows: { tenantId: string; entries: PriceBookRow[] }[] = await manager.query(
    `SELECT t.id AS "tenantId", (SELECT COALESCE(json_agg(${PRICE_BOOK_JSON('e')}), '[]')
        FROM (${LIVE_PRICE_BOOK('t.id', '$2')}) e WHERE e.kind = 'markup' AND num_nonnulls(e.provider, e.model) = 0
      ) AS entries
     FROM unnest($1::uuid[]) AS t(id)`,
    [[...new Set(tenantIds)], now],
  );
  return new Map(
    rows.map(({ tenantId, entries }) => [tenantId, defaultMarkup(entries.map(toPriceBookEntry), now.getTime())]),
  );
}
