import { uuidv7 } from '@penstock/domain';
import { expect } from '@jest/globals';
import type { SimulatorEntry, StackOptions, UsageEventRow } from '@penstock/testing';

import { nonZero, sumsOf } from './books.js';
import { type LevelLimits, Proof, type Tenant } from './proof.js';

/** Credentials of the providers that the simulator plays; its books tell them apart by these. */
export const API_KEYS = { openai: 'sk-openai', groq: 'sk-groq', mistral: 'sk-mistral' } as const;
type Provider = keyof typeof API_KEYS;
const PROVIDERS = Object.keys(API_KEYS) as Provider[];
/** How long a provider may be silent before its answer. */
export const FIRST_BYTE_TIMEOUT_MS = 1_500;

/** A proof whose gateways know three providers, all played by one simulator, at the same price. */
export async function startWithProviders(options: StackOptions = {}): Promise<Proof> {
  const proof = await Proof.start({
    ...options,
    env: { PENSTOCK_OWNER_TTL_MS: '2000', PENSTOCK_OWNER_GRACE_MS: '1000', PENSTOCK_SWEEP_INTERVAL_MS: '500' },
  });
  const url = `${proof.stack.simulatorUrl}/v1`;
  await Promise.all(
    proof.stack.gateways.map((gateway) =>
      gateway.restart({
        OPENAI_API_KEY: API_KEYS.openai,
        GROQ_API_KEY: API_KEYS.groq,
        GROQ_BASE_URL: url,
        MISTRAL_API_KEY: API_KEYS.mistral,
        MISTRAL_BASE_URL: url,
        // Nobody listens there.
        DEEPSEEK_API_KEY: 'sk-deepseek',
        DEEPSEEK_BASE_URL: 'http://127.0.0.1:9/v1',
        PENSTOCK_UPSTREAM_FIRST_BYTE_TIMEOUT_MS: String(FIRST_BYTE_TIMEOUT_MS),
      }),
    ),
  );
  for (const provider of [...PROVIDERS, 'deepseek']) {
    const prices = { input_usd_per_mtok: '1', output_usd_per_mtok: '4' };
    await proof.governance.request('POST', '/price-overrides', { provider, model: 'proof', ...prices });
  }
  return proof;
}

/** What is assigned to a team. */
export interface Assignments {
  readonly aliases?: Readonly<Record<string, { readonly provider: string; readonly model: string }>>;
  /** Names of models in the order of their priorities. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

/** A tenant whose team the admin API knows, with these aliases (through one access group) and groups. */
export async function createAssigned(
  proof: Proof,
  { aliases = {}, groups = {} }: Assignments,
  levels: Partial<Record<'key' | 'team' | 'customer', LevelLimits>> = {},
): Promise<Tenant> {
  const tenant = await proof.createTenant(levels);
  const teamId = `team-of-${tenant.id}`;
  const insert = async (table: string, row: Readonly<Record<string, unknown>>): Promise<void> => {
    const columns = Object.keys(row);
    await proof.ledger.query(
      `INSERT INTO saas.${table} (${columns.join()}) VALUES (${columns.map((_, index) => `$${index + 1}`).join()})`,
      Object.values(row),
    );
  };
  const made = { created_at: new Date(), updated_at: new Date() };
  const organization = `organization-of-${tenant.id}`;
  await insert('organizations', {
    organization_id: organization,
    customer_id: tenant.id,
    name: tenant.label,
    status: 'active',
    metadata: {},
    ...made,
  });
  await insert('teams', {
    team_id: teamId,
    organization_id: organization,
    governance_team_id: tenant.teamId,
    virtual_key_id: tenant.keyId,
    team_alias: tenant.label,
    status: 'active',
    is_default: false,
    metadata: {},
    ...made,
  });
  const access = uuidv7(Date.now());
  const named = { display_name: tenant.label, status: 'active', ...made };
  await insert('model_access_groups', { model_access_group_id: access, group_name: tenant.label + access, ...named });
  await insert('team_access_groups', { team_id: teamId, model_access_group_id: access, assigned_at: new Date() });
  for (const [name, { provider, model }] of Object.entries(aliases)) {
    const id = uuidv7(Date.now());
    await insert('model_aliases', { model_alias_id: id, model_alias: name, provider, actual_model: model, ...named });
    await insert('model_alias_access_groups', {
      model_alias_id: id,
      model_access_group_id: access,
      assigned_at: new Date(),
    });
  }
  for (const [name, models] of Object.entries(groups)) {
    const id = uuidv7(Date.now());
    await insert('model_groups', { model_group_id: id, group_name: name, ...named });
    for (const [priority, model] of models.entries()) {
      await insert('model_group_models', {
        id: uuidv7(Date.now()),
        model_group_id: id,
        model_name: model,
        priority,
        is_active: true,
        created_at: new Date(),
      });
    }
    await insert('team_model_groups', { team_id: teamId, model_group_id: id, assigned_at: new Date() });
  }
  return tenant;
}

/** The provider that an entry of the simulator was meant for. */
export function providerOf({ authorization }: SimulatorEntry): string {
  return PROVIDERS.find((name) => authorization === `Bearer ${API_KEYS[name]}`) ?? 'nobody';
}

/** What reached the providers for a tenant, in order: `provider/model status`. */
export async function served(proof: Proof, tenant: Tenant): Promise<string[]> {
  const entries = await proof.simulator.entriesOf(tenant.label);
  return entries.map((entry) => `${providerOf(entry)}/${entry.model} ${entry.status}`);
}

/**
 * The books of a tenant whose calls have ended, also of calls with several attempts:
 *
 * - every attempt that a provider answered to its end is in the ledger exactly once, under its own provider and model;
 * - every event is of an attempt that reached its provider; it has exactly the provider's usage or says that it is
 *   estimated;
 * - nothing is held, and the counters are the sums of the events.
 */
export async function expectClosedAttempts(proof: Proof, tenant: Tenant): Promise<UsageEventRow[]> {
  const { counters } = await proof.settled(tenant);
  const events = await proof.ledger.events(tenant.id);
  const entries = await proof.simulator.entriesOf(tenant.label);
  const ofEvent = (one: UsageEventRow): string => `${one.request_id} ${one.provider}/${one.model_sent}`;
  const ofEntry = (one: SimulatorEntry): string => `${one.requestId} ${providerOf(one)}/${one.model}`;
  const accounted = events.map(ofEvent);
  expect(new Set(accounted).size).toBe(accounted.length);
  expect(entries.map(ofEntry)).toEqual(expect.arrayContaining(accounted));
  const answered = entries.filter(({ status, ending }) => status === 200 && ending === 'finished');
  expect(accounted).toEqual(expect.arrayContaining(answered.map(ofEntry)));
  for (const event of events.filter(({ is_estimated: isEstimated }) => !isEstimated)) {
    const entry = answered.find((one) => ofEntry(one) === ofEvent(event));
    expect(Number(event.tokens)).toBe((entry?.promptTokens ?? 0) + (entry?.completionTokens ?? 0));
  }
  expect(nonZero(counters)).toEqual(sumsOf(events));
  return events;
}
