import type { PricedModel } from '@penstock/domain';

/** Orders models by provider and name; by code units, which every process sorts alike. */
export function byName(one: PricedModel, other: PricedModel): number {
  return compare(one.provider, other.provider) || compare(one.model, other.model);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
