import { parsePercent, type PriceBookEntry, type PriceTexts } from '@penstock/domain';

/** An entry of a price book as JSON of the database carries it: decimals as text, times in milliseconds. */
export interface PriceBookRow {
  readonly id: string;
  readonly version: number;
  readonly kind: 'override' | 'markup' | 'discount';
  readonly provider: string | null;
  readonly model: string | null;
  readonly effectiveFromMs: number;
  readonly effectiveUntilMs: number | null;
  readonly endedAtMs: number | null;
  /** Null in a price. */
  readonly basisPoints: number | null;
  readonly isFree: boolean;
  readonly inputUsdPerMtok: string | null;
  readonly cacheReadUsdPerMtok: string | null;
  readonly cacheWriteUsdPerMtok: string | null;
  readonly outputUsdPerMtok: string | null;
  readonly requestUsd: string | null;
}

const ms = (column: string): string => `(EXTRACT(EPOCH FROM ${column}) * 1000)::bigint`;

/** SQL for a {@link PriceBookRow} of a row with this alias. */
export const PRICE_BOOK_JSON = (e: string): string => `json_build_object(
  'id', ${e}.id, 'version', ${e}.version, 'kind', ${e}.kind, 'provider', ${e}.provider, 'model', ${e}.model,
  'effectiveFromMs', ${ms(`${e}.effective_from`)}, 'effectiveUntilMs', ${ms(`${e}.effective_until`)},
  'endedAtMs', ${ms(`${e}.ended_at`)}, 'basisPoints', (${e}.percent * 100)::integer, 'isFree', ${e}.is_free,
  'inputUsdPerMtok', ${e}.input_usd_per_mtok::text, 'cacheReadUsdPerMtok', ${e}.cache_read_usd_per_mtok::text,
  'cacheWriteUsdPerMtok', ${e}.cache_write_usd_per_mtok::text, 'outputUsdPerMtok', ${e}.output_usd_per_mtok::text,
  'requestUsd', ${e}.request_usd::text)`;

/**
 * SQL for the entries of a tenant's book that are in force at a moment or may be later: what has ended, and what a newer
 * entry without end has replaced (see `entriesInForce`), is left out. Sorted by slot, newest first.
 */
export const LIVE_PRICE_BOOK = (tenantId: string, now: string): string => `
  SELECT v.* FROM (SELECT e.*, count(*) FILTER (WHERE e.effective_until IS NULL AND e.effective_from <= ${now}
        AND (e.ended_at IS NULL OR e.ended_at > e.effective_from))
      OVER (PARTITION BY e.kind, e.provider, e.model ORDER BY e.effective_from DESC, e.version DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS replacements
    FROM saas.price_book_entries e WHERE e.tenant_id = ${tenantId}) v
  WHERE v.replacements = 0 AND v.ended_at IS NULL AND (v.effective_until IS NULL OR v.effective_until > ${now})`;

/** The entry that a row holds. */
export function toPriceBookEntry(row: PriceBookRow): PriceBookEntry {
  const { id, version, provider, model, effectiveFromMs, effectiveUntilMs, endedAtMs } = row;
  const common = { id, version, provider, model, effectiveFromMs, effectiveUntilMs, endedAtMs };
  if (row.kind === 'override') return { ...common, terms: { kind: 'override', price: toPriceTexts(row) } };
  return { ...common, terms: { kind: row.kind, basisPoints: row.basisPoints ?? 0 } };
}

/** The prices of a row: what is null is absent. */
export function toPriceTexts(row: {
  readonly isFree: boolean;
  readonly inputUsdPerMtok: string | null;
  readonly cacheReadUsdPerMtok: string | null;
  readonly cacheWriteUsdPerMtok: string | null;
  readonly outputUsdPerMtok: string | null;
  readonly requestUsd: string | null;
}): PriceTexts {
  return {
    isFree: row.isFree,
    ...(row.inputUsdPerMtok === null ? {} : { inputUsdPerMtok: row.inputUsdPerMtok }),
    ...(row.cacheReadUsdPerMtok === null ? {} : { cacheReadUsdPerMtok: row.cacheReadUsdPerMtok }),
    ...(row.cacheWriteUsdPerMtok === null ? {} : { cacheWriteUsdPerMtok: row.cacheWriteUsdPerMtok }),
    ...(row.outputUsdPerMtok === null ? {} : { outputUsdPerMtok: row.outputUsdPerMtok }),
    ...(row.requestUsd === null ? {} : { requestUsd: row.requestUsd }),
  };
}

/** Columns of {@link toPriceBookRow}. */
type EntryColumns = Omit<PriceBookRow, 'effectiveFromMs' | 'effectiveUntilMs' | 'endedAtMs' | 'basisPoints'> & {
  readonly effectiveFrom: Date;
  readonly effectiveUntil: Date | null;
  readonly endedAt: Date | null;
  readonly percent: string | null;
};

/** The row of an entity. */
export function toPriceBookRow({
  effectiveFrom,
  effectiveUntil,
  endedAt,
  percent,
  ...rest
}: EntryColumns): PriceBookRow {
  return {
    ...rest,
    effectiveFromMs: effectiveFrom.getTime(),
    effectiveUntilMs: effectiveUntil?.getTime() ?? null,
    endedAtMs: endedAt?.getTime() ?? null,
    basisPoints: percent === null ? null : parsePercent(percent),
  };
}
