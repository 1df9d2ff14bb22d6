import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EPOCH_FIELD, TENANTS_KEY, tenantKeys } from '@penstock/dto';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { fuzzApi, type FuzzReport, fuzzScope, WebhookReceiver } from '@penstock/testing';

import { fuzzHints } from './support/fuzz-hints.js';
import { type GovernanceApp, type Json, MASTER_KEY, startGovernance } from './support/governance-app.js';
import { leaveDelivery } from './support/webhook-rows.js';

const { seed, count } = fuzzScope(3_000);
/** Generous: other work may share the machine. */
const TIMEOUT_MS = 60_000 + count * 60;
/** Part of the requests that are sent several at a time. */
const CONCURRENT_COUNT = Math.ceil(count / 6);

describe(`generated requests (PENSTOCK_FUZZ_SEED=${seed}, PENSTOCK_FUZZ_COUNT=${count})`, () => {
  let app: GovernanceApp;
  let receiver: WebhookReceiver;

  beforeAll(async () => {
    app = await startGovernance({ env: { PENSTOCK_WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32' } });
    receiver = await WebhookReceiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
    await app.stop();
  });

  const fuzz = async (scope: { seed: number; count: number; concurrency?: number }): Promise<FuzzReport> =>
    fuzzApi({
      ...scope,
      baseUrl: app.url,
      credential: () => Promise.resolve({ 'x-admin-key': MASTER_KEY }),
      hints: fuzzHints(receiver.url()),
      beforeEach: ({ advanceMs }) => app.clock.advance(advanceMs),
      onSuccess: async (body: Json) => {
        await makeResident(body?.virtual_key?.value);
        await giveDelivery(body?.webhook);
      },
    });

  /** As if a worker had given up on an alert for a new webhook. */
  async function giveDelivery(webhook: Json): Promise<void> {
    const isNew = webhook !== undefined && webhook.created_at === webhook.updated_at;
    if (isNew) await leaveDelivery(app.db, webhook, new Date(app.clock.now()));
  }

  /** As if a gateway had a call with the key: from now on the tenant's epoch is in Redis too. */
  async function makeResident(value: string | undefined): Promise<void> {
    if (value === undefined) return;
    const { body } = await app.internal('GET', `/policies/${app.hashOf(value)}`);
    if (body.found === true) await app.internal('POST', `/tenants/${body.snapshot.tenantId}/load`);
  }

  it(
    'are answered as the document says, one after another',
    async () => {
      const { violations, neverSucceeded } = await fuzz({ seed, count: count - CONCURRENT_COUNT });

      expect(violations).toEqual([]);
      // An operation that no request gets right is not tested: give the generator a hint of what its fields take.
      expect(neverSucceeded).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'are answered as the document says, eight at a time',
    async () => {
      const { violations } = await fuzz({ seed: seed + 1, count: CONCURRENT_COUNT, concurrency: 8 });

      expect(violations).toEqual([]);
    },
    TIMEOUT_MS,
  );

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

  it('leave nothing without its owner', async () => {
    const [found] = await app.db.query(`WITH owners AS (
        SELECT id FROM governance.virtual_keys UNION ALL SELECT id FROM governance.teams
        UNION ALL SELECT id FROM governance.customers UNION ALL SELECT id FROM governance.provider_configs
        UNION ALL SELECT id FROM governance.model_configs) SELECT
      (SELECT count(*)::int FROM governance.budgets b WHERE NOT EXISTS (
        SELECT FROM owners o WHERE o.id IN (b.virtual_key_id, b.team_id, b.customer_id, b.provider_config_id,
          b.model_config_id, b.shared_tenant_id))) AS budgets,
      (SELECT count(*)::int FROM governance.rate_limits r WHERE NOT EXISTS (
        SELECT FROM owners o WHERE o.id IN (r.virtual_key_id, r.team_id, r.customer_id, r.provider_config_id,
          r.model_config_id))) AS rate_limits,
      (SELECT count(*)::int FROM governance.provider_configs p WHERE NOT EXISTS (
        SELECT FROM owners o WHERE o.id = p.virtual_key_id)) AS provider_configs,
      (SELECT count(*)::int FROM governance.teams t WHERE t.customer_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance.customers c WHERE c.id = t.customer_id)) AS teams,
      (SELECT count(*)::int FROM governance.virtual_keys k WHERE (k.team_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance.teams t WHERE t.id = k.team_id)) OR (k.customer_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM governance.customers c WHERE c.id = k.customer_id))) AS keys`);

    expect(found).toEqual({
      budgets: 0,
      rate_limits: 0,
      provider_configs: 0,
      teams: 0,
      keys: 0,
    });
  });
});
