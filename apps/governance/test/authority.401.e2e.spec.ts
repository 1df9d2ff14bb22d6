import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, MASTER_KEY, startGovernance } from './support/governance-app.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

describe('authority', () => {
  let app: GovernanceApp;
  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  const routes = [
    ...['customers', 'teams', 'virtual-keys', 'price-overrides'].flatMap((path) => [
      ['GET', path],
      ['POST', path],
      ['GET', `${path}/${UNKNOWN_ID}`],
      ['PUT', `${path}/${UNKNOWN_ID}`],
      ['DELETE', `${path}/${UNKNOWN_ID}`],
    ]),
    ...['budgets', 'rate-limits'].flatMap((path) => [
      ['GET', path],
      ['GET', `${path}/${UNKNOWN_ID}`],
      ['PUT', `${path}/${UNKNOWN_ID}`],
      ['DELETE', `${path}/${UNKNOWN_ID}`],
    ]),
    ['GET', 'usage-stats'],
    ['POST', 'usage-reset'],
    ['GET', 'debug/stats'],
    ['GET', 'debug/counters'],
    ['GET', 'debug/health'],
  ] as ['GET' | 'POST' | 'PUT' | 'DELETE', string][];

  it.each(routes)('refuses %s %s without and with a wrong credential', async (method, path) => {
    const credentials: Record<string, string>[] = [
      {},
      { 'x-admin-key': 'wrong' },
      { 'x-admin-key': '' },
      { authorization: `Bearer ${MASTER_KEY}` },
    ];
    for (const headers of credentials) {
      const answer = await app.raw(method, `/api/governance/${path}`, {
        ...headers,
        'content-type': 'application/json',
      });

      expect(answer.status).toBe(401);
      expect(typeof answer.body.error).toBe('string');
    }
  });
});
