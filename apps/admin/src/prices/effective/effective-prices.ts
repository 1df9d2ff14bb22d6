import { Injectable } from '@nestjs/common';
import {
  AT_COST_E8,
  entriesInForce,
  formatPercent,
  type PriceBookEntry,
  type PricedModel,
  resolveClientPricing,
  resolvePrice,
} from '@penstock/domain';
import { exactJsonNumber } from '@penstock/platform';

import { PriceOverridesRepository } from '../price-overrides.repository.js';
import { toPriceResponse } from '../price.response.js';
import type { EffectivePriceResponse } from './effective-price.response.js';

/** Says what gateways would charge, by the same functions. */
@Injectable()
export class EffectivePrices {
  constructor(private readonly overrides: PriceOverridesRepository) {}

  async describe(book: readonly PriceBookEntry[], priced: PricedModel, atMs: number): Promise<EffectivePriceResponse> {
    const { provider, model } = priced;
    const cost = resolvePrice(provider, model, atMs, await this.overrides.list(provider));
    const { markup, discount } = entriesInForce(book, priced, atMs);
    const pricing = resolveClientPricing(book, priced, atMs, cost);
    const percentOf = (entry: PriceBookEntry | undefined): object | number =>
      exactJsonNumber(
        formatPercent(entry === undefined || entry.terms.kind === 'override' ? 0 : entry.terms.basisPoints),
      );
    return {
      provider,
      model,
      at: new Date(atMs).toISOString(),
      provider_price: toPriceResponse(cost),
      base_price: toPriceResponse(pricing?.price ?? cost),
      markup_percent: percentOf(markup),
      discount_percent: percentOf(discount),
      factor: factorOf(pricing?.factorE8 ?? AT_COST_E8),
      client_price_id: pricing?.id ?? null,
    };
  }
}

function factorOf(factorE8: number): object | number {
  const digits = String(factorE8).padStart(9, '0');
  return exactJsonNumber(`${digits.slice(0, -8)}.${digits.slice(-8)}`);
}
