import { AppError, instantOf } from '@penstock/domain';
import type { PriceBookEntryEntity } from '@penstock/entities';

import { decimalText } from '../../http/is-decimal.decorator.js';
import type { CreatePriceBookEntryRequest, PriceBookTermsRequest } from './price-book.requests.js';

/** The columns of what an entry is about and says. */
export type PlannedTerms = Pick<
  PriceBookEntryEntity,
  | 'kind'
  | 'provider'
  | 'model'
  | 'percent'
  | 'isFree'
  | 'inputUsdPerMtok'
  | 'cacheReadUsdPerMtok'
  | 'cacheWriteUsdPerMtok'
  | 'outputUsdPerMtok'
  | 'requestUsd'
>;

/** When an entry is in force. */
export type PlannedSpan = Pick<PriceBookEntryEntity, 'effectiveFrom' | 'effectiveUntil'>;

/** Clocks of callers differ from ours: a moment that has just passed counts as now. */
const CLOCKS_DIFFER_MS = 60_000;
const EVERY = '*';
const PRICE_FIELDS = [
  'input_usd_per_mtok',
  'cache_read_usd_per_mtok',
  'cache_write_usd_per_mtok',
  'output_usd_per_mtok',
  'request_usd',
] as const;
const PERCENT_MAX: Readonly<Record<'markup' | 'discount', number>> = { markup: 999, discount: 100 };

/**
 * What a request says, in columns.
 *
 * @param path where in the body the request is; ends in a dot unless it is the body itself.
 * @throws AppError `validation_failed` for terms that contradict each other or lack something.
 */
export function planTerms(request: PriceBookTermsRequest, path = ''): PlannedTerms {
  const { kind } = request;
  const isNamed = (field: (typeof PRICE_FIELDS)[number]): boolean =>
    request[field] !== undefined && request[field] !== null;
  const named = PRICE_FIELDS.filter(isNamed);
  if (kind === 'override') {
    if (request.percent !== undefined && request.percent !== null) {
      throw refused(`${path}percent`, 'belongs to a markup or a discount, not to a price');
    }
    refuseHalfPrice(request.is_free === true, named, path);
  } else {
    const [field] = [...named, ...(request.is_free === true ? (['is_free'] as const) : [])];
    if (field !== undefined) throw refused(`${path}${field}`, `belongs to an override, not to a ${kind}`);
    if (request.percent === undefined || request.percent === null) throw refused(`${path}percent`, 'is missing');
    if (Number(request.percent) > PERCENT_MAX[kind]) {
      throw refused(`${path}percent`, `must not be greater than ${PERCENT_MAX[kind]} for a ${kind}`);
    }
  }
  const text = (value: number | string | null | undefined): string | null =>
    value === undefined || value === null ? null : decimalText(value);
  return {
    kind,
    provider: nameOf(request.provider)?.toLowerCase() ?? null,
    model: nameOf(request.model),
    percent: text(request.percent),
    isFree: request.is_free === true,
    inputUsdPerMtok: text(request.input_usd_per_mtok),
    cacheReadUsdPerMtok: text(request.cache_read_usd_per_mtok),
    cacheWriteUsdPerMtok: text(request.cache_write_usd_per_mtok),
    outputUsdPerMtok: text(request.output_usd_per_mtok),
    requestUsd: text(request.request_usd),
  };
}

/** A price is free, or complete, or flat: half a price would make calls cheaper than they are. */
function refuseHalfPrice(isFree: boolean, named: readonly string[], path: string): void {
  const [first] = named;
  if (isFree) {
    if (first !== undefined) throw refused(`${path}${first}`, 'contradicts is_free');
    return;
  }
  if (first === undefined) {
    throw refused(`${path}input_usd_per_mtok`, 'is missing: give prices, request_usd alone, or is_free');
  }
  if (named.length === 1 && first === 'request_usd') return;
  for (const field of ['input_usd_per_mtok', 'output_usd_per_mtok']) {
    if (!named.includes(field)) throw refused(`${path}${field}`, 'is missing: tokens of one kind would be free');
  }
}

/**
 * When an entry is in force: from now on unless the request says otherwise.
 *
 * @throws AppError `validation_failed` for a beginning in the past, and for an end that is not after the beginning.
 */
export function planSpan(
  { effective_from, effective_until }: Pick<CreatePriceBookEntryRequest, 'effective_from' | 'effective_until'>,
  now: Date,
): PlannedSpan {
  const wanted = typeof effective_from === 'string' ? instantOf(effective_from) : now;
  if (wanted.getTime() < now.getTime() - CLOCKS_DIFFER_MS) {
    throw refused('effective_from', 'must not be in the past: calls of then are accounted already');
  }
  const effectiveFrom = wanted < now ? now : wanted;
  const effectiveUntil = typeof effective_until === 'string' ? instantOf(effective_until) : null;
  if (effectiveUntil !== null && effectiveUntil <= effectiveFrom) {
    throw refused('effective_until', 'must be after effective_from');
  }
  return { effectiveFrom, effectiveUntil };
}

function nameOf(name: string | null | undefined): string | null {
  return name === undefined || name === null || name === EVERY ? null : name;
}

function refused(path: string, reason: string): AppError {
  return new AppError('validation_failed', { fields: [{ path, reason }] });
}
