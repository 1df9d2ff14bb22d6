import { StartError } from './start-error.js';

/** Where the seed goes. */
export interface SeedTarget {
  readonly governanceUrl: string;
  readonly adminUrl: string;
  readonly masterKey: string;
}

/** What the seed made sure of. */
export interface DemoTenant {
  readonly customerId: string;
  readonly teamId: string;
  readonly virtualKey: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

const ORGANIZATION = { organization_id: 'demo', name: 'Demo' };
const TEAM_NAME = 'demo-team';
const KEY_NAME = 'demo-key';
/** Ten dollars a day, in cents. */
const TEAM_BUDGET = { max_limit: 1_000, reset_duration: '1d' };
const RATE_LIMIT = {
  token_max_limit: 1_000_000,
  token_reset_duration: '1h',
  request_max_limit: 600,
  request_reset_duration: '1m',
};
const TIMEOUT_MS = 15_000;

/**
 * Makes sure, through the same APIs that operators use, that there are a demo organization, a team with a
 * budget and a virtual key. What an operator changed since is left as it is.
 */
export async function seedDemo(target: SeedTarget): Promise<DemoTenant> {
  const customerId = (await ensureOrganization(target)) ?? (await ensureCustomer(target));
  const teams = await list<Named>(target, `/teams?customer_id=${customerId}`, 'teams');
  const team =
    teams.find(({ name }) => name === TEAM_NAME) ??
    (await create<Named>(target, '/teams', 'team', {
      name: TEAM_NAME,
      customer_id: customerId,
      budget: TEAM_BUDGET,
      rate_limit: RATE_LIMIT,
    }));
  const keys = await list<Named & { readonly team_id?: string }>(target, '/virtual-keys', 'virtual_keys');
  const key =
    keys.find(({ name }) => name === KEY_NAME) ??
    (await create<Named>(target, '/virtual-keys', 'virtual_key', {
      name: KEY_NAME,
      team_id: team.id,
      rate_limit: RATE_LIMIT,
    }));
  const { virtual_key } = await request<{ virtual_key: { readonly value: string } }>(
    target,
    'GET',
    `${governance(target)}/virtual-keys/${key.id}`,
  );
  return { customerId, teamId: team.id, virtualKey: virtual_key.value };
}

/** Creates the organization, or finds it, and gives the customer that belongs to it. */
async function ensureOrganization(target: SeedTarget): Promise<string | undefined> {
  const base = `${target.adminUrl}/api/organizations`;
  const existing = await send(target, 'GET', `${base}/${ORGANIZATION.organization_id}`);
  const answer = existing.status === 404 ? await send(target, 'POST', `${base}/create`, ORGANIZATION) : existing;
  if (answer.status < 200 || answer.status > 299) throw unexpected('the demo organization', answer);
  return findText(answer.body, 'customer_id');
}

async function ensureCustomer(target: SeedTarget): Promise<string> {
  const customers = await list<Named>(target, '/customers', 'customers');
  const found = customers.find(({ name }) => name === ORGANIZATION.name);
  return (found ?? (await create<Named>(target, '/customers', 'customer', { name: ORGANIZATION.name }))).id;
}

function governance(target: SeedTarget): string {
  return `${target.governanceUrl}/api/governance`;
}

async function list<T>(target: SeedTarget, path: string, key: string): Promise<readonly T[]> {
  const body = await request<Record<string, T[] | null>>(target, 'GET', `${governance(target)}${path}`);
  return body[key] ?? [];
}

async function create<T>(target: SeedTarget, path: string, key: string, input: unknown): Promise<T> {
  const body = await request<Record<string, T>>(target, 'POST', `${governance(target)}${path}`, input);
  return body[key] as T;
}

async function request<T>(target: SeedTarget, method: string, url: string, input?: unknown): Promise<T> {
  const answer = await send(target, method, url, input);
  if (answer.status < 200 || answer.status > 299) throw unexpected(`${method} ${url}`, answer);
  return answer.body as T;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function send(target: SeedTarget, method: string, url: string, input?: unknown): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'x-admin-key': target.masterKey, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(input === undefined ? {} : { body: JSON.stringify(input) }),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) };
  } catch {
    return { status: response.status, body: { text } };
  }
}

function unexpected(what: string, { status, body }: Answer): StartError {
  const hint = status === 401 || status === 403 ? ' Was MASTER_KEY changed while an older process still runs?' : '';
  return new StartError(`The demo data could not be written: ${what} answered ${status}.${hint}`, JSON.stringify(body));
}

/** The first text of that name, one or two levels deep: envelopes differ, names do not. */
function findText(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  if (typeof record[name] === 'string') return record[name];
  for (const inner of Object.values(record)) {
    const text = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined;
    if (typeof text === 'string') return text;
  }
  return undefined;
}
