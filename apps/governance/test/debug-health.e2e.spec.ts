import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChaosProxy, findClusterOfThisRun, waitFor } from '@penstock/testing';

import { type Answer, type GovernanceApp, startGovernance } from './support/governance-app.js';

describe('GET /debug/health', () => {
  let network: ChaosProxy;
  let app: GovernanceApp;

  beforeAll(async () => {
    network = await ChaosProxy.start(Number(new URL(findClusterOfThisRun()?.url ?? '').port));
    app = await startGovernance({ through: (url) => network.inPlaceOf(url) });
  });
  afterAll(async () => {
    network.heal();
    await app.stop();
    await network.close();
  });

  const health = (): Promise<Answer> => app.call('GET', '/debug/health');
  const healthyAgain = (): Promise<unknown> =>
    waitFor(async () => (await health()).status === 200, { what: 'both stores to be back' });

  it('says of each store that it works', async () => {
    expect(await health()).toMatchObject({
      status: 200,
      body: {
        status: 'healthy',
        timestamp: new Date(app.clock.now()).toISOString(),
        checks: { postgres: { status: 'healthy' }, redis: { status: 'healthy' } },
      },
    });
  });

  it('is 503 while Redis is away, and names it alone', async () => {
    await app.redisServer.kill();
    try {
      const { status, body } = await health();
      expect([status, body.status]).toEqual([503, 'unhealthy']);
      expect(body.checks.redis).toEqual({ status: 'unhealthy', error: expect.any(String) });
      expect(body.checks.postgres).toEqual({ status: 'healthy' });
      const stats = await app.call('GET', '/debug/stats');
      expect(stats).toMatchObject({
        status: 200,
        body: { plugin_stats: { is_store_reachable: false, tenants_loaded: null } },
      });
    } finally {
      await app.redisServer.restart();
    }
    await healthyAgain();
  });

  it.each(['breakDown', 'stall'] as const)('is 503 while the network to PostgreSQL is bad: %s', async (how) => {
    network[how]();
    try {
      const { status, body } = await health();
      expect([status, body.status]).toEqual([503, 'unhealthy']);
      expect(body.checks.postgres).toEqual({ status: 'unhealthy', error: expect.any(String) });
      expect(body.checks.redis).toEqual({ status: 'healthy' });
    } finally {
      network.heal();
    }
    await healthyAgain();
  });

  it.each(['/usage-stats', '/debug/stats', '/debug/counters', '/budgets'])(
    'is not contradicted by %s: 503 without PostgreSQL',
    async (path) => {
      network.breakDown();
      try {
        expect(await app.call('GET', path)).toMatchObject({
          status: 503,
          body: { error: expect.any(String), code: 'database_unavailable' },
        });
      } finally {
        network.heal();
      }
      await healthyAgain();
    },
  );
});
