import {
  DEFAULT_CALENDAR,
  LIMIT_ENTITIES,
  limitKey,
  type LimitSpec,
  planModelRoutes,
  type PolicyCredit,
  type PriceOverride,
  type TenantCalendar,
} from '@penstock/domain';
import { type PolicySnapshot, SNAPSHOT_VERSION } from '@penstock/dto';

import { toPriceBookEntry, toPriceTexts } from '../prices/index.js';
import { ownerOf } from './limit-owner.js';
import { budgetSpec, rateLimitSpecs, type SpecOwner } from './limit-specs.js';
import { WINDOWED_KINDS, columnsOfKind } from './rate-limit-kinds.js';
import type {
  BudgetRow,
  CreditRow,
  LimitRows,
  PolicyRow,
  PriceRow,
  RateLimitRow,
  TenantSettingsRow,
} from './policy-rows.js';

/** What is known of the owners of limits, by their ids. */
type Owners = ReadonlyMap<string, Pick<SpecOwner, 'name' | 'match'>>;

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
    suspension: row.suspension,
    expiresAtMs: row.expiresAtMs === null ? null : Number(row.expiresAtMs),
    teamId: row.teamId,
    customerId: row.customerId,
    allowedModels: row.allowedModels,
    allowedProviders: row.allowedProviders,
    allowedIps: row.allowedIps,
    tags: row.tags ?? [],
    providerConfigs: row.providerConfigs,
    modelRoutes: row.modelGrants === null ? null : planModelRoutes(row.modelGrants),
    providerCredentials: row.providerCredentials,
    streamPolicy: row.streamPolicy ?? 'finish',
    limits: [...specsOf(row, ownersOf(row)), ...creditSpecs(row)],
    priceOverrides: row.prices.map(toPriceOverride),
    priceBook: row.priceBook.map(toPriceBookEntry),
    credit: row.credit === null ? null : toPolicyCredit(row.credit),
  };
}

/** The credits of the team are one more limit: what is used and held never exceeds what came in. */
function creditSpecs({ credit, teamId, teamName }: PolicyRow): LimitSpec[] {
  if (credit === null || teamId === null) return [];
  return [
    {
      key: limitKey('credits', BigInt(credit.seq)),
      limitId: credit.id,
      unit: 'credits',
      entity: 'team',
      entityId: teamId,
      entityName: teamName ?? '',
      cap: credit.cap,
      generation: 0,
      window: { kind: 'unending' },
      durationText: '',
    },
  ];
}

function toPolicyCredit({ mode, hundredthsPerDollar, tokensPerCredit }: CreditRow): PolicyCredit {
  return { mode, hundredthsPerDollar, tokensPerCredit };
}

/** The specs of rows in the order in which they decide. Owners that are not named get an empty name. */
export function specsOf(rows: LimitRows, owners: Owners = new Map()): LimitSpec[] {
  const calendar = calendarOf(rows);
  const specs = [
    ...rows.rateLimits.flatMap((row) => rateLimitSpecs(toRateLimitTerms(row), specOwner(row, owners))),
    ...rows.budgets.map((row) =>
      budgetSpec(
        { ...row, anchorAt: new Date(row.anchorAt), alignedFrom: toDate(row.alignedFrom) },
        specOwner(row, owners),
        calendar,
        row.raises.map((raise) => ({
          ...raise,
          startsAt: new Date(raise.startsAt),
          endsAt: new Date(raise.endsAt),
        })),
      ),
    ),
  ];
  return specs.toSorted((left, right) => LIMIT_ENTITIES.indexOf(left.entity) - LIMIT_ENTITIES.indexOf(right.entity));
}

/** The calendar of a tenant's settings. */
export function calendarOf({ timeZone, fiscalYearStartMonth }: TenantSettingsRow): TenantCalendar {
  return {
    timeZone: timeZone ?? DEFAULT_CALENDAR.timeZone,
    fiscalYearStartMonth: fiscalYearStartMonth ?? DEFAULT_CALENDAR.fiscalYearStartMonth,
  };
}

function toRateLimitTerms(row: RateLimitRow): Parameters<typeof rateLimitSpecs>[0] {
  const dated = WINDOWED_KINDS.map(({ unit, field }) =>
    columnsOfKind(unit, { anchorAt: new Date(row[`${field}AnchorAt`]) }),
  );
  return Object.assign({}, row, ...dated) as Parameters<typeof rateLimitSpecs>[0];
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

function specOwner(row: BudgetRow | RateLimitRow, owners: Owners): SpecOwner {
  const owner = ownerOf(row);
  if (owner.entity === 'shared_budget')
    return { entity: owner.entity, id: row.id, name: (row as BudgetRow).name ?? '' };
  return { ...owner, name: '', ...owners.get(owner.id) };
}

function ownersOf(row: PolicyRow): Owners {
  const owners = new Map<string, Pick<SpecOwner, 'name' | 'match'>>([[row.keyId, { name: row.keyName }]]);
  if (row.teamId !== null) owners.set(row.teamId, { name: row.teamName ?? '' });
  if (row.customerId !== null) owners.set(row.customerId, { name: row.customerName ?? '' });
  for (const { id, provider } of row.providerConfigs) {
    owners.set(id, { name: `${provider} of ${row.keyName}`, match: { provider } });
  }
  for (const { id, provider, model } of row.modelConfigs) {
    if (provider === null) owners.set(id, { name: model, match: { model } });
    else owners.set(id, { name: `${provider}/${model}`, match: { provider, model } });
  }
  return owners;
}

function toPriceOverride(row: PriceRow): PriceOverride {
  const { id, provider, model, effectiveFromMs } = row;
  return { id, provider, model, effectiveFromMs, ...toPriceTexts(row) };
}
