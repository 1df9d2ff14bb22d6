import type { LimitSpec, PriceOverride } from '@penstock/domain';
import { type PolicySnapshot, SNAPSHOT_VERSION } from '@penstock/dto';

import { ownerOf, type OwnerColumns } from '../limits/limit-owner.js';
import { budgetSpec, rateLimitSpecs, type SpecOwner } from '../limits/limit-specs.js';
import type { BudgetRow, PolicyRow, PriceRow, RateLimitRow } from './policy-rows.js';

const LEVEL = { virtual_key: 0, team: 1, customer: 2 } as const;

/** What gateways enforce for one key, from one consistent read. */
export function buildSnapshot(row: PolicyRow): PolicySnapshot {
  if (row.tenantId === null || row.epoch === null) throw new Error(`Virtual key ${row.keyId} has no tenant.`);
  return {
    schemaVersion: SNAPSHOT_VERSION,
    tenantId: row.tenantId,
    epoch: Number(row.epoch),
    keyId: row.keyId,
    keyName: row.keyName,
    secretId: row.secretId,
    isActive: row.isActive,
    expiresAtMs: row.expiresAtMs === null ? null : Number(row.expiresAtMs),
    teamId: row.teamId,
    customerId: row.customerId,
    allowedModels: row.allowedModels,
    allowedProviders: row.allowedProviders,
    allowedIps: row.allowedIps,
    tags: row.tags ?? [],
    limits: specsOf(row, namesOf(row)),
    priceOverrides: row.prices.map(toPriceOverride),
  };
}

/** The specs of rows, key before team before customer. Owners that have no name get an empty one. */
export function specsOf(
  rows: { readonly budgets: readonly BudgetRow[]; readonly rateLimits: readonly RateLimitRow[] },
  names: ReadonlyMap<string, string> = new Map(),
): LimitSpec[] {
  const specs = [
    ...rows.rateLimits.flatMap((row) => rateLimitSpecs({ ...row, ...anchorsOf(row) }, specOwner(row, names))),
    ...rows.budgets.map((row) => budgetSpec({ ...row, anchorAt: new Date(row.anchorMs) }, specOwner(row, names))),
  ];
  return specs.toSorted((left, right) => LEVEL[left.entity] - LEVEL[right.entity]);
}

function anchorsOf(row: RateLimitRow): { tokenAnchorAt: Date; requestAnchorAt: Date } {
  return { tokenAnchorAt: new Date(row.tokenAnchorMs), requestAnchorAt: new Date(row.requestAnchorMs) };
}

function specOwner(row: OwnerColumns, names: ReadonlyMap<string, string>): SpecOwner {
  const owner = ownerOf(row);
  return { ...owner, name: names.get(owner.id) ?? '' };
}

function namesOf(row: PolicyRow): Map<string, string> {
  const names = new Map([[row.keyId, row.keyName]]);
  if (row.teamId !== null) names.set(row.teamId, row.teamName ?? '');
  if (row.customerId !== null) names.set(row.customerId, row.customerName ?? '');
  return names;
}

function toPriceOverride(row: PriceRow): PriceOverride {
  return {
    id: row.id,
    provider: row.provider,
    model: row.model,
    effectiveFromMs: row.effectiveFromMs,
    isFree: row.isFree,
    ...(row.inputUsdPerMtok === null ? {} : { inputUsdPerMtok: row.inputUsdPerMtok }),
    ...(row.cacheReadUsdPerMtok === null ? {} : { cacheReadUsdPerMtok: row.cacheReadUsdPerMtok }),
    ...(row.cacheWriteUsdPerMtok === null ? {} : { cacheWriteUsdPerMtok: row.cacheWriteUsdPerMtok }),
    ...(row.outputUsdPerMtok === null ? {} : { outputUsdPerMtok: row.outputUsdPerMtok }),
    ...(row.requestUsd === null ? {} : { requestUsd: row.requestUsd }),
  };
}
