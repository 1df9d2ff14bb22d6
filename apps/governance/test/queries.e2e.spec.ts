import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, startGovernance } from './support/governance-app.js';

describe('the number of queries', () => {
  let app: GovernanceApp;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  async function queriesOf(path: string): Promise<number> {
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
    return queries.length;
  }

  const nothing = (): void => undefined;
  const silent = {
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };

  it.each(['/virtual-keys', '/teams', '/customers', '/budgets', '/rate-limits', '/usage-stats', '/model-configs'])(
    'for %s does not grow with the list',
    async (path) => {
      await grow(2);
      const few = await queriesOf(path);
      await grow(20);

      expect(await queriesOf(path)).toBe(few);
      expect(few).toBeGreaterThan(0);
      expect(few).toBeLessThanOrEqual(13);
    },
  );

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
