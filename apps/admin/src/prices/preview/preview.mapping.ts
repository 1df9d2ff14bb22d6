import { formatUsd, nanoUsd } from '@penstock/domain';
import { type ExactJsonNumber, exactJsonNumber } from '@penstock/platform';

import { fromCursor, toCursor } from '../../http/page-cursor.js';
import { byName } from '../by-name.js';
import type { PeriodMs } from './plan-preview.js';
import type { PreviewRequest } from './preview.requests.js';
import type { PreviewResponse, PreviewSums } from './preview.response.js';
import type { ModelSumsRow } from './preview.service.js';

const PAGE_DEFAULT = 100;

/** The totals of all models, and a page of them. @throws ValidationFailure for a cursor of another list. */
export function toPreviewResponse(
  organizationId: string,
  { fromMs, untilMs }: PeriodMs,
  rows: readonly ModelSumsRow[],
  { cursor, limit }: Pick<PreviewRequest, 'cursor' | 'limit'>,
): PreviewResponse {
  const [provider = '', model = ''] = typeof cursor === 'string' ? fromCursor(cursor, 2, 'body') : [];
  const sorted = rows
    .filter((row) => typeof cursor !== 'string' || byName(row, { provider, model }) > 0)
    .toSorted(byName);
  const page = sorted.slice(0, limit ?? PAGE_DEFAULT);
  const last = page.at(-1);
  return {
    organization_id: organizationId,
    from: new Date(fromMs).toISOString(),
    to: new Date(untilMs).toISOString(),
    ...toSums(rows),
    models: page.map((row) => ({ provider: row.provider, model: row.model, ...toSums([row]) })),
    next_cursor: last === undefined || sorted.length === page.length ? null : toCursor([last.provider, last.model]),
  };
}

function toSums(rows: readonly ModelSumsRow[]): PreviewSums {
  const sum = (read: (row: ModelSumsRow) => string): bigint =>
    rows.reduce((total, row) => total + BigInt(read(row)), 0n);
  const [paid, preview] = [sum((row) => row.paid), sum((row) => row.preview)];
  return {
    calls: Number(sum((row) => row.calls)),
    provider_cost_usd: usd(sum((row) => row.cost)),
    client_cost_usd: usd(paid),
    preview_client_cost_usd: usd(preview),
    difference_usd: usd(preview - paid),
    unpriced_calls: Number(sum((row) => row.unpriced)),
    rescaled_calls: Number(sum((row) => row.rescaled)),
  };
}

function usd(nano: bigint): ExactJsonNumber {
  return exactJsonNumber(formatUsd(nanoUsd(nano)));
}
