import { Injectable } from '@nestjs/common';
import {
  CATALOGUE_PROVIDERS,
  CATALOGUE_VERSION,
  effectiveOverride,
  listCatalogueModels,
  type PriceOverride,
  type PricedModel,
  resolvePrice,
} from '@penstock/domain';
import type { RequestContext } from '@penstock/platform';

import { fromCursor, toCursor } from '../../http/page-cursor.js';
import { byName } from '../by-name.js';
import { PriceOverridesRepository } from '../price-overrides.repository.js';
import { toPriceResponse } from '../price.response.js';
import type { CatalogueQuery } from './catalogue.requests.js';
import type { CataloguePriceResponse, CatalogueResponse } from './catalogue.response.js';

const PAGE_DEFAULT = 100;

/** The bundled catalogue with what operators have set in its place: what providers bill. */
@Injectable()
export class CatalogueService {
  constructor(private readonly overrides: PriceOverridesRepository) {}

  async list(ctx: RequestContext, query: CatalogueQuery): Promise<CatalogueResponse> {
    const provider = query.provider?.toLowerCase();
    const limit = query.limit ?? PAGE_DEFAULT;
    const after = query.cursor === undefined ? undefined : toModel(fromCursor(query.cursor, 2));
    const overrides = (await this.overrides.list(provider)).filter((one) => one.effectiveFromMs <= ctx.nowMs);
    const named = modelsOf(provider, query.model, overrides)
      .filter((one) => after === undefined || byName(one, after) > 0)
      .toSorted(byName);
    const page = named.slice(0, limit);
    const last = page.at(-1);
    return {
      catalogue_version: CATALOGUE_VERSION,
      prices: page.map((one) => describe(one, overrides, ctx.nowMs)),
      next_cursor: last === undefined || named.length <= limit ? null : toCursor([last.provider, last.model]),
    };
  }
}

/** Every model that something is known of, each once. */
function modelsOf(
  provider: string | undefined,
  model: string | undefined,
  overrides: readonly PriceOverride[],
): PricedModel[] {
  // Calls may use more names than the catalogue lists: dates and aliases.
  if (provider !== undefined && model !== undefined) return [{ provider, model }];
  const found = new Map<string, PricedModel>();
  const add = (one: PricedModel): void => {
    if (model === undefined || one.model === model)
      found.set(`${one.provider.length} ${one.provider} ${one.model}`, one);
  };
  for (const known of provider === undefined ? CATALOGUE_PROVIDERS : [provider]) {
    for (const listed of listCatalogueModels(known)) add({ provider: known, model: listed });
  }
  for (const override of overrides) add({ provider: override.provider, model: override.model });
  return [...found.values()];
}

function describe(
  { provider, model }: PricedModel,
  overrides: readonly PriceOverride[],
  nowMs: number,
): CataloguePriceResponse {
  const override = effectiveOverride(provider, model, nowMs, overrides);
  const bundled = resolvePrice(provider, model, nowMs);
  const price = override === undefined ? bundled : resolvePrice(provider, model, nowMs, overrides);
  const source = override !== undefined ? 'override' : bundled.state === 'unknown' ? 'none' : 'catalogue';
  return {
    provider,
    model,
    ...toPriceResponse(price),
    source,
    effective_from: override === undefined ? null : new Date(override.effectiveFromMs).toISOString(),
    replaces_price_id: override !== undefined && bundled.state === 'priced' ? bundled.price.id : null,
  };
}

function toModel([provider = '', model = '']: readonly string[]): PricedModel {
  return { provider, model };
}
