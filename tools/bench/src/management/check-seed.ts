import type { LimitUnit } from '@penstock/domain';
import type { PolicyLookup } from '@penstock/dto';
import type { ApiReader } from './api-reader.js';
import type { KeyKind, PlannedKey } from './dataset.js';
import type { SeededPolicies } from './seed-policies.js';
import type { SeededUsage } from './seed-usage.js';
import { differencesOfShape } from './shape.js';

interface ReadKey {
  readonly budget: { readonly current_usage: number };
  readonly rate_limit: { readonly token_current_usage: number; readonly request_current_usage: number };
}

const NANO_USD_PER_CENT = 1e7;
const KINDS: readonly KeyKind[] = ['of_team', 'of_customer', 'alone'];

/**
 * Whether what was copied reads as what the API created: same fields and types, the usage that was seeded, a value
 * that opens, and a policy that a gateway can look up. Each difference is one sentence; none is the aim.
 */
export async function checkSeed(api: ApiReader, policies: SeededPolicies, usage: SeededUsage): Promise<string[]> {
  const { customers, teams, keys } = policies.dataset;
  const problems: string[] = [];
  const compare = async (what: string, template: string, copied: string): Promise<void> => {
    for (const difference of differencesOfShape(await api.json(template), await api.json(copied)))
      problems.push(`${what}: ${difference}`);
  };
  await compare('customer', customerPath(idAt(customers, 0)), customerPath(idAt(customers, -1)));
  await compare('team', `/api/governance/teams/${idAt(teams, 0)}`, `/api/governance/teams/${idAt(teams, -1)}`);
  for (const kind of KINDS) {
    const ofKind = keys.filter((key) => key.kind === kind);
    await compare(`key ${kind}`, keyPath(idAt(ofKind, 0)), keyPath(idAt(ofKind, -1)));
    for (const isResident of [true, false]) {
      const key = ofKind.find(
        ({ id, tenantId }) => policies.keyHashes.has(id) && usage.residentTenants.has(tenantId) === isResident,
      );
      if (key === undefined) problems.push(`there is no copied key ${kind} to check`);
      else problems.push(...(await checkKey(api, key, policies, usage)));
    }
  }
  for (const [list, expected] of Object.entries({ 'virtual-keys': keys, teams, customers })) {
    const { count } = await api.json<{ count: number }>(`/api/governance/${list}`);
    if (count !== expected.length) problems.push(`${list}: ${count} instead of ${expected.length}`);
  }
  return problems;
}

async function checkKey(
  api: ApiReader,
  { id, kind, tenantId }: PlannedKey,
  { keyHashes }: SeededPolicies,
  usage: SeededUsage,
): Promise<string[]> {
  const problems: string[] = [];
  const { virtual_key: key } = await api.json<{ virtual_key: ReadKey }>(keyPath(id));
  const used = (unit: LimitUnit): number => Number(usage.used.get(id)?.get(unit));
  const read = [
    [key.budget.current_usage, used('nano_usd') / NANO_USD_PER_CENT],
    [key.rate_limit.token_current_usage, used('tokens')],
    [key.rate_limit.request_current_usage, used('requests')],
  ];
  for (const [actual, expected] of read) {
    if (actual !== expected) problems.push(`key ${kind}: usage reads ${actual} instead of ${expected}`);
  }
  const lookup = await api.json<PolicyLookup>(`/internal/policies/${keyHashes.get(id) ?? ''}`, 'gateway');
  if (!lookup.found || lookup.snapshot.keyId !== id || lookup.snapshot.tenantId !== tenantId)
    problems.push(`key ${kind}: a gateway would not find its policy`);
  return problems;
}

function customerPath(id: string): string {
  return `/api/governance/customers/${id}`;
}

function keyPath(id: string): string {
  return `/api/governance/virtual-keys/${id}`;
}

function idAt(entities: readonly { readonly id: string }[], index: number): string {
  return entities.at(index)?.id ?? '';
}
