import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { auditedRoutes } from './support/audited-routes.js';
import { type GovernanceApp, startGovernance } from './support/governance-app.js';

/** A call that succeeds and changes something; `{name}` stands for an id of an answer before. */
type Step = readonly [route: string, path: string, body?: unknown];

const LIMITS = {
  budget: { max_limit: 1_000, reset_duration: '1M' },
  rate_limit: { request_max_limit: 10, request_reset_duration: '1h' },
};

const steps: readonly Step[] = [
  ['POST /api/governance/customers', '/customers', { name: 'Acme', ...LIMITS }],
  ['PUT /api/governance/customers/:id', '/customers/{customer}', { name: 'Another' }],
  ['POST /api/governance/teams', '/teams', { name: 'Team', customer_id: '{customer}', ...LIMITS }],
  ['PUT /api/governance/teams/:id', '/teams/{team}', { name: 'Renamed' }],
  ['POST /api/governance/virtual-keys', '/virtual-keys', { name: 'key', team_id: '{team}', ...LIMITS }],
  ['PUT /api/governance/virtual-keys/:id', '/virtual-keys/{virtual_key}', { description: 'new' }],
  ['POST /api/governance/virtual-keys/:id/rotate', '/virtual-keys/{virtual_key}/rotate', {}],
  ['POST /api/governance/usage-reset', '/usage-reset', { virtual_key_id: '{virtual_key}' }],
  ['PUT /api/governance/tenants/:id', '/tenants/{customer}', { time_zone: 'Europe/Berlin' }],
  ['DELETE /api/governance/virtual-keys/:id', '/virtual-keys/{virtual_key}'],
  ['DELETE /api/governance/teams/:id', '/teams/{team}'],
  ['DELETE /api/governance/customers/:id', '/customers/{customer}'],
];

describe('what the governance API changes', () => {
  let app: GovernanceApp;
  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  it('has a rule for every route, and no rule for a route that is gone', () => {
    const mutations = app
      .routes()
      .filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
      .map(({ method, url }) => `${method} ${url}`);

    expect(Object.keys(auditedRoutes).toSorted()).toEqual(mutations.toSorted());
  });

  it('is audited with the actions of its rule, under the id of the request', async () => {
    const ids = new Map<string, string>();
    const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids.get(name) ?? name);
    const failures: string[] = [];
    for (const [route, address, body] of steps) {
      const [method = ''] = route.split(' ');
      const payload = body === undefined ? undefined : filled(JSON.stringify(body));
      const answer = await app.call(method as 'POST', filled(address), payload);
      for (const name of ['customer', 'team', 'virtual_key']) {
        const id: unknown = answer.body?.[name]?.id;
        if (typeof id === 'string') ids.set(name, id);
      }
      const rows: { action: string }[] = await app.db.query(
        'SELECT action FROM governance.audit_entries WHERE request_id = $1',
        [answer.headers['x-request-id']],
      );
      const actions = rows.map(({ action }) => action);
      const declared = auditedRoutes[route];
      const isDeclared = Array.isArray(declared) && actions.every((action) => declared.includes(action));
      if (answer.status >= 300 || actions.length === 0 || !isDeclared) {
        failures.push(`${route}: ${answer.status} [${actions.join(', ')}] ${answer.text.slice(0, 300)}`);
      }
    }

    expect(failures).toEqual([]);
  });

  it('is named with the verbs that the code writes', () => {
    const source = sourceOf(path.resolve(import.meta.dirname, '../src'));
    const verbs = new Set(
      Object.values(auditedRoutes)
        .flatMap((rule) => (Array.isArray(rule) ? rule : []))
        .map((action: string) => action.split('.')[1] ?? ''),
    );

    expect([...verbs].filter((verb) => !new RegExp(`['.]${verb}'`).test(source))).toEqual([]);
  });
});

function sourceOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n');
}
