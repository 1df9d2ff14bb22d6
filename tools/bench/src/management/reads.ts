import type { Caller } from './api-reader.js';
import { RARE_WORD } from './dataset.js';
import type { SeededPolicies } from './seed-policies.js';

/** One read of an API that is measured. */
export interface Read {
  /** Key in the JSON report. */
  readonly name: string;
  readonly caller: Caller;
  /** Answers everything there is: fewer calls make a sample. */
  readonly isWholeList: boolean;
  /** The path of the n-th call: other entities and pages each time, so that no cache is all that is measured. */
  readonly path: (turn: number) => string;
  /** What is asked, when the read is a POST. */
  readonly body?: unknown;
}

const PAGE = 100;
const BASE = '/api/governance';
/** Coprime with every number of entities there is likely to be: walks through all of them, in no order. */
const STRIDE = 7_919;

/** All of them. */
export function readsOf({ dataset, keyHashes }: SeededPolicies): Read[] {
  const { customers, teams, keys } = dataset;
  const hashes = [...keyHashes.values()];
  const [large, ordinary] = [customers[0]?.id ?? '', customers[1]?.id ?? ''];
  const ids = (entities: readonly { readonly id: string }[]) => (turn: number) =>
    entities[(turn * STRIDE) % entities.length]?.id ?? '';
  const [keyId, teamId, customerId] = [ids(keys), ids(teams), ids(customers)];
  const page = (list: string, total: number) => (turn: number) =>
    `${BASE}/${list}?limit=${PAGE}&offset=${((turn * STRIDE) % Math.ceil(total / PAGE)) * PAGE}`;
  const limits = keys.length + teams.length + customers.length;
  return [
    whole('list_keys_whole', '/virtual-keys'),
    single('list_keys_page', page('virtual-keys', keys.length)),
    single('list_keys_of_team', (turn) => `${BASE}/virtual-keys?team_id=${teamId(turn)}`),
    single('list_keys_of_customer', (turn) => `${BASE}/virtual-keys?customer_id=${customerId(turn)}`),
    single('list_keys_search', () => `${BASE}/virtual-keys?search=${RARE_WORD}`),
    single('get_key', (turn) => `${BASE}/virtual-keys/${keyId(turn)}`),
    single('get_team', (turn) => `${BASE}/teams/${teamId(turn)}`),
    single('get_customer_10_teams', () => `${BASE}/customers/${ordinary}`),
    single('get_customer_50_teams', () => `${BASE}/customers/${large}`),
    whole('list_teams_whole', '/teams'),
    whole('list_customers_whole', '/customers'),
    whole('usage_stats_all', '/usage-stats'),
    single('usage_stats_key', (turn) => `${BASE}/usage-stats?virtual_key_id=${keyId(turn)}`),
    single('list_budgets_page', page('budgets', limits)),
    single('list_rate_limits_page', page('rate-limits', limits)),
    single('debug_stats', () => `${BASE}/debug/stats`),
    whole('debug_counters', '/debug/counters'),
    {
      name: 'policy_lookup',
      caller: 'gateway',
      isWholeList: false,
      path: (turn) => `/internal/policies/${hashes[(turn * STRIDE) % hashes.length] ?? ''}`,
    },
  ];
}

function single(name: string, path: Read['path']): Read {
  return { name, caller: 'operator', isWholeList: false, path };
}

function whole(name: string, list: string): Read {
  return { name, caller: 'operator', isWholeList: true, path: () => BASE + list };
}
