import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EPOCH_FIELD, TENANTS_KEY, tenantKeys } from '@penstock/dto';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { fuzzApi, type FuzzReport, fuzzScope } from '@penstock/testing';

import { type GovernanceApp, type Json, MASTER_KEY, startGovernance } from './support/governance-app.js';

const { seed, count } = fuzzScope(3_000);
/** Part of the requests that are sent several at a time. */
const CONCURRENT_COUNT = Math.ceil(count / 6);

/** Texts whose rules the schema does not tell. */
const HINTS: Readonly<Record<string, readonly unknown[]>> = {
  token_reset_duration: [
    '1s',
    '100ms',
    '1m',
    '1h30m',
    '1d',
    '1w',
    '1M',
    '3M',
    '1Y',
    '292Y',
    '0.5d',
    '',
    '1d12h',
    '-1h',
  ],
  effective_from: [
    '2026-01-31T00:00:00Z',
    '2030-06-30T12:00:00+05:30',
    '2099-12-31T23:59:59.999+14:00',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-14:00',
  ],
  provider: ['openai', 'groq', 'anthropic', 'a provider of nobody'],
  request: [
    { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }], max_tokens: 10 },
    { model: 'gpt-4o', messages: [{}] },
    { model: 'constructor/__proto__', messages: [{ content: [{ type: 'image_url' }, 7, null] }], n: 3 },
    { model: 'a model of nobody', messages: [] },
  ],
  model: ['gpt-4o', 'gpt-4o-mini', '*', 'a model of nobody'],
  input_usd_per_mtok: ['0', '2.50', '10', '999999999999.999999', '0.000001', '0.0000001'],
};

function hintsOf(field: string): readonly unknown[] | undefined {
  if (field.endsWith('reset_duration')) return HINTS['token_reset_duration'];
  if (field.includes('_usd')) return HINTS['input_usd_per_mtok'];
  return HINTS[field];
}

describe(`generated requests (PENSTOCK_FUZZ_SEED=${seed}, PENSTOCK_FUZZ_COUNT=${count})`, () => {
  let app: GovernanceApp;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const fuzz = async (scope: { seed: number; count: number; concurrency?: number }): Promise<FuzzReport> =>
    fuzzApi({
      ...scope,
      baseUrl: app.url,
      credential: { 'x-admin-key': MASTER_KEY },
      hints: hintsOf,
      beforeEach: ({ advanceMs }) => app.clock.advance(advanceMs),
      onSuccess: async (body: Json) => makeResident(body?.virtual_key?.value),
    });

  /** As if a gateway had a call with the key: from now on the tenant's epoch is in Redis too. */
  async function makeResident(value: string | undefined): Promise<void> {
    if (value === undefined) return;
    const { body } = await app.internal('GET', `/policies/${app.hashOf(value)}`);
    if (body.found === true) await app.internal('POST', `/tenants/${body.snapshot.tenantId}/load`);
  }

  it('are answered as the document says, one after another', async () => {
    const { violations, neverSucceeded } = await fuzz({ seed, count: count - CONCURRENT_COUNT });

    expect(violations).toEqual([]);
    // An operation that no request gets right is not tested: give the generator a hint of what its fields take.
    expect(neverSucceeded).toEqual([]);
  }, 180_000);

  it('are answered as the document says, eight at a time', async () => {
    const { violations } = await fuzz({ seed: seed + 1, count: CONCURRENT_COUNT, concurrency: 8 });

    expect(violations).toEqual([]);
  }, 180_000);

  it('leave every audit chain intact', async () => {
    const entries = await app.db.getRepository(AuditEntryEntity).find({ order: { tenantId: 'ASC', position: 'ASC' } });
    const chains = Map.groupBy(entries, ({ tenantId }) => tenantId);

    expect(chains.size).toBeGreaterThan(10);
    expect([...chains].filter(([, chain]) => findBrokenLink(chain) !== -1)).toEqual([]);
  });

  it('leave Redis with the epoch of PostgreSQL for every tenant that it holds', async () => {
    const tenants = await app.redis.smembers(TENANTS_KEY);
    const differing: unknown[] = [];
    for (const tenantId of tenants) {
      const inRedis = await app.redis.hget(tenantKeys(tenantId).counters, EPOCH_FIELD);
      const inPostgres = await app.epochOf(tenantId);
      if (inRedis !== String(inPostgres)) differing.push({ tenantId, inRedis, inPostgres });
    }

    expect(tenants.length).toBeGreaterThan(10);
    expect(differing).toEqual([]);
  });

  it('leave no message undelivered and nothing without its owner', async () => {
    const [found] = await app.db.query(`SELECT
      (SELECT count(*)::int FROM governance.outbox_messages WHERE delivered_at IS NULL) AS undelivered,
      (SELECT count(*)::int FROM governance.budgets b WHERE NOT EXISTS (
        SELECT FROM governance.virtual_keys k WHERE k.id = b.virtual_key_id
        UNION ALL SELECT FROM governance.teams t WHERE t.id = b.team_id
        UNION ALL SELECT FROM governance.customers c WHERE c.id = b.customer_id)) AS budgets,
      (SELECT count(*)::int FROM governance.rate_limits r WHERE NOT EXISTS (
        SELECT FROM governance.virtual_keys k WHERE k.id = r.virtual_key_id
        UNION ALL SELECT FROM governance.teams t WHERE t.id = r.team_id
        UNION ALL SELECT FROM governance.customers c WHERE c.id = r.customer_id)) AS rate_limits,
      (SELECT count(*)::int FROM governance.teams t WHERE t.customer_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance.customers c WHERE c.id = t.customer_id)) AS teams,
      (SELECT count(*)::int FROM governance.virtual_keys k WHERE (k.team_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance.teams t WHERE t.id = k.team_id)) OR (k.customer_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance.customers c WHERE c.id = k.customer_id))) AS keys`);

    expect(found).toEqual({ undelivered: 0, budgets: 0, rate_limits: 0, teams: 0, keys: 0 });
  });
});
