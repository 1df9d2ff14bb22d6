import { type ExactJsonNumber, exactJsonNumber } from '@penstock/platform';

import type { PriceBookEntryResponse } from './price-book.response.js';
import type { ListedEntry } from './price-book.repository.js';

/** An entry on the wire. */
export function toPriceBookEntryResponse({ entry, status }: ListedEntry): PriceBookEntryResponse {
  return {
    entry_id: entry.id,
    client_price_id: `book:${entry.id}`,
    organization_id: entry.organizationId,
    kind: entry.kind,
    provider: entry.provider ?? '*',
    model: entry.model ?? '*',
    version: entry.version,
    status,
    percent: toNumber(entry.percent),
    is_free: entry.isFree,
    input_usd_per_mtok: toNumber(entry.inputUsdPerMtok),
    cache_read_usd_per_mtok: toNumber(entry.cacheReadUsdPerMtok),
    cache_write_usd_per_mtok: toNumber(entry.cacheWriteUsdPerMtok),
    output_usd_per_mtok: toNumber(entry.outputUsdPerMtok),
    request_usd: toNumber(entry.requestUsd),
    effective_from: entry.effectiveFrom.toISOString(),
    effective_until: entry.effectiveUntil?.toISOString() ?? null,
    reason: entry.reason,
    created_at: entry.createdAt.toISOString(),
    created_by: entry.createdBy,
    ended_at: entry.endedAt?.toISOString() ?? null,
    ended_by: entry.endedBy,
  };
}

function toNumber(decimal: string | null): ExactJsonNumber | null {
  return decimal === null ? null : exactJsonNumber(decimal);
}
