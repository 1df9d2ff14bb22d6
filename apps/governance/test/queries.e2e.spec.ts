import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, startGovernance } from './support/governance-app.js';

/** Through SQL, because ten thousand calls would take a minute. Every key is in a team, every team of a customer. */
const BULK = [
  `INSERT INTO governance.customers (id, name, created_at, updated_at)
   SELECT md5('c' || n)::uuid, 'bulk', now(), now() FROM generate_series(0, 99) n`,
  `INSERT INTO governance.teams (id, name, customer_id, created_at, updated_at)
   SELECT md5('t' || n)::uuid, 'bulk', md5('c' || n % 100)::uuid, now(), now() FROM generate_series(0, 999) n`,
  `INSERT INTO governance.virtual_keys (id, name, is_active, team_id, created_at, updated_at)
   SELECT md5('k' || n)::uuid, 'bulk ' || n, true, md5('t' || n % 1000)::uuid, now(), now()
   FROM generate_series(0, 9999) n`,
  `INSERT INTO governance.virtual_key_secrets (id, virtual_key_id, key_hash, value_ciphertext, value_key_version,
     value_hint, created_at)
   SELECT id, id, 'hash ' || id, '', 1, 'hint', now() FROM governance.virtual_keys WHERE name LIKE 'bulk %'`,
  `INSERT INTO governance.budgets (id, virtual_key_id, max_limit_cents, reset_duration, anchor_at, generation,
     created_at, updated_at)
   SELECT md5('b' || n)::uuid, md5('k' || n)::uuid, 5, '1d', now(), 1, now(), now() FROM generate_series(0, 9999) n`,
  `INSERT INTO governance.rate_limits (id, virtual_key_id, request_max_limit, request_reset_duration, token_anchor_at,
     token_generation, request_anchor_at, request_generation, created_at, updated_at)
   SELECT md5('r' || n)::uuid, md5('k' || n)::uuid, 5, '1h', now(), 1, now(), 1, now(), now()
   FROM generate_series(0, 9999) n`,
];

describe('the number of queries', () => {
  let app: GovernanceApp;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  async function queriesOf(path: string): Promise<number> {
    return (await queriesMadeFor(path)).length;
  }

  async function queriesMadeFor(path: string): Promise<string[]> {
    const queries: string[] = [];
    const logger = app.db.logger;
    app.db.setOptions({ logging: true });
    Object.assign(app.db, {
      logger: { ...silent, logQuery: (query: string) => queries.push(query) },
    });
    try {
      expect((await app.call('GET', path)).status).toBe(200);
    } finally {
      Object.assign(app.db, { logger });
    }
    return queries;
  }

  const nothing = (): void => undefined;
  const silent = {
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };

  describe('at ten thousand keys, a thousand teams and a hundred customers', () => {
    const PATHS = [
      '/virtual-keys',
      '/teams',
      '/customers',
      '/usage-stats',
      '/budgets',
      '/rate-limits',
      '/model-configs',
      '/debug/counters',
    ];
    const few = new Map<string, number>();

    beforeAll(async () => {
      await grow(2);
      for (const path of PATHS) few.set(path, await queriesOf(path));
      for (const statement of BULK) await app.db.query(statement);
      await app.db.query('ANALYZE');
    });

    it.each(PATHS)('%s asks the database as often as with a few, and never for single events', async (path) => {
      const queries = await queriesMadeFor(path);

      expect(queries).toHaveLength(few.get(path) ?? -1);
      expect(queries.length).toBeGreaterThan(0);
      expect(queries.length).toBeLessThanOrEqual(13);
      expect(queries.filter((query) => query.includes('usage_events'))).toEqual([]);
    });

    it('a list is whole', async () => {
      const { body } = await app.call('GET', '/virtual-keys');
      expect(body.count).toBeGreaterThanOrEqual(10_000);
      expect(body.virtual_keys).toHaveLength(body.count);
      const last = body.virtual_keys.at(-1);
      expect(last).toMatchObject({
        budget: { max_limit: 5 },
        rate_limit: { request_max_limit: 5 },
        team: { name: 'bulk' },
      });
    });

    it('a page of a list is no more than a page', async () => {
      expect((await app.call('GET', '/virtual-keys?limit=100&offset=5000')).body.count).toBe(100);
    });

    it('a customer with fifty teams and one with two are asked for with the same queries', async () => {
      const big = await customerWithTeams(50);
      const small = await customerWithTeams(2);

      expect(await queriesOf(`/customers/${big}`)).toBe(await queriesOf(`/customers/${small}`));
      expect((await app.call('GET', `/customers/${big}`)).body.customer.teams).toHaveLength(50);
    });
  });

  async function customerWithTeams(teams: number): Promise<string> {
    const customer = await app.create('customers', { name: `with ${teams}` });
    for (let index = 0; index < teams; index += 1) {
      await app.create('teams', {
        name: 't',
        customer_id: customer.id,
        budget: { max_limit: 1, reset_duration: '1d' },
      });
    }
    return customer.id;
  }

  let count = 0;
  async function grow(by: number): Promise<void> {
    const budget = { max_limit: 1, reset_duration: '1d' };
    const rate_limit = { request_max_limit: 1, request_reset_duration: '1m' };
    for (let index = 0; index < by; index += 1) {
      const customer = await app.create('customers', { name: 'c', budget });
      const team = await app.create('teams', { name: 't', customer_id: customer.id, budget });
      await app.create('virtual-keys', { name: `k ${(count += 1)}`, team_id: team.id, budget, rate_limit });
      await app.call('POST', '/model-configs', { model: 'm', team_id: team.id, budget, rate_limit });
      await app.call('POST', '/budgets', { ...budget, name: 'shared', team_ids: [team.id] });
    }
  }
});
