import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findBrokenLink } from '@penstock/entities';

import { type AdminApp, type Answer, type Json, startAdmin } from './support/admin-app.js';
import { auditedRoutes } from './support/audited-routes.js';
import { createUser, loginDirectly, PASSWORD } from './support/operators.js';

/** A call that succeeds and changes something: route, values of its parameters, body. */
type Step = readonly [route: string, path: string, body?: unknown];

const MODELS = [{ model_name: 'openai/gpt-4o-mini', priority: 0 }];
const CREDITS = '/api/credits/teams/t1';

/** In an order in which each finds what it needs. `{name}` stands for an id of an answer before. */
const steps: readonly Step[] = [
  ['POST /api/admin-users', '', { email: 'new@example.com', display_name: 'New', password: PASSWORD, role: 'user' }],
  ['PUT /api/admin-users/:id', '/api/admin-users/{user_id}', { display_name: 'Renamed' }],
  ['DELETE /api/admin-users/:id/sessions', '/api/admin-users/{user_id}/sessions'],
  ['POST /api/admin-users/login', '', { email: 'new@example.com', password: PASSWORD }],
  ['DELETE /api/admin-users/:id', '/api/admin-users/{user_id}'],
  ['POST /api/organizations/create', '', { organization_id: 'o1', name: 'One', create_default_team: false }],
  ['PUT /api/organizations/:id', '/api/organizations/o1', { name: 'Another' }],
  ['PUT /api/organizations/:id/suspend', '/api/organizations/o1/suspend'],
  ['PUT /api/organizations/:id/resume', '/api/organizations/o1/resume'],
  ['POST /api/model-groups/create', '', { group_name: 'g1', models: MODELS }],
  ['PUT /api/model-groups/:group_name', '/api/model-groups/g1', { display_name: 'Group' }],
  ['PUT /api/model-groups/:group_name/models', '/api/model-groups/g1/models', [{ model_name: 'openai/gpt-4o' }]],
  [
    'POST /api/models/create',
    '',
    { model_alias: 'm1', display_name: 'M', provider: 'openai', actual_model: 'gpt-4o-mini' },
  ],
  ['PUT /api/models/:model_alias', '/api/models/m1', { display_name: 'Model' }],
  ['POST /api/model-access-groups/create', '', { group_name: 'a1', display_name: 'A' }],
  ['PUT /api/model-access-groups/:group_name', '/api/model-access-groups/a1', { display_name: 'Access' }],
  ['PUT /api/model-access-groups/:group_name/models', '/api/model-access-groups/a1/models', { model_aliases: ['m1'] }],
  ['POST /api/teams/create', '', { organization_id: 'o1', team_id: 't1', model_groups: ['g1'] }],
  ['PUT /api/teams/:id', '/api/teams/t1', { team_alias: 'Team' }],
  ['PUT /api/teams/:id/model-groups', '/api/teams/t1/model-groups', []],
  ['PUT /api/teams/:id/access-groups', '/api/teams/t1/access-groups', ['a1']],
  ['PUT /api/teams/:id/suspend', '/api/teams/t1/suspend'],
  ['PUT /api/teams/:id/pause', '/api/teams/t1/pause'],
  ['PUT /api/teams/:id/resume', '/api/teams/t1/resume'],
  ['POST /api/teams/:id/rotate-key', '/api/teams/t1/rotate-key', {}],
  ['POST /api/credits/teams/:team_id/add', `${CREDITS}/add`, { credits: 10 }],
  ['POST /api/credits/teams/:team_id/replenish', `${CREDITS}/replenish`, { credits: 5, payment_type: 'one_time' }],
  ['POST /api/credits/teams/:team_id/adjust', `${CREDITS}/adjust`, { credits: 1, reason: 'counted again' }],
  [
    'POST /api/credits/teams/:team_id/configure-auto-refill',
    `${CREDITS}/configure-auto-refill`,
    { enabled: true, refill_amount: 5, refill_period: 'monthly' },
  ],
  ['PATCH /api/credits/teams/:team_id/conversion-rates', `${CREDITS}/conversion-rates`, { tokens_per_credit: 500 }],
  ['PATCH /api/credits/teams/:team_id/budget-mode', `${CREDITS}/budget-mode`, { budget_mode: 'consumption_usd' }],
  [
    'POST /api/provider-credentials/create',
    '',
    { organization_id: 'o1', provider: 'openai', api_key: 'sk-of-provider', credential_name: 'main' },
  ],
  ['PUT /api/provider-credentials/:id', '/api/provider-credentials/{credential_id}', { credential_name: 'other' }],
  ['PUT /api/provider-credentials/:id/deactivate', '/api/provider-credentials/{credential_id}/deactivate'],
  ['PUT /api/provider-credentials/:id/activate', '/api/provider-credentials/{credential_id}/activate'],
  ['DELETE /api/provider-credentials/:id', '/api/provider-credentials/{credential_id}'],
  ['DELETE /api/teams/:id', '/api/teams/t1'],
  ['DELETE /api/model-groups/:group_name', '/api/model-groups/g1'],
  ['DELETE /api/model-access-groups/:group_name', '/api/model-access-groups/a1'],
  ['DELETE /api/models/:model_alias', '/api/models/m1'],
  ['DELETE /api/organizations/:id', '/api/organizations/o1'],
  ['DELETE /api/admin-users/me/sessions', '/api/admin-users/me/sessions'],
];

describe('what the admin API changes', () => {
  let admin: AdminApp;
  const ids = new Map<string, string>();

  beforeAll(async () => {
    admin = await startAdmin();
  });
  afterAll(() => admin.stop());

  it('has a rule for every route, and no rule for a route that is gone', () => {
    const mutations = admin
      .routes()
      .filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
      .map(({ method, url }) => `${method} ${url}`);

    expect(Object.keys(auditedRoutes).toSorted()).toEqual(mutations.toSorted());
    expect(steps.filter(([route]) => auditedRoutes[route] === undefined)).toEqual([]);
  });

  it('is audited with the actions of its rule, under the id of the request', async () => {
    const credential = await loginDirectly(admin, await createUser(admin, 'owner'));
    const failures: string[] = [];
    for (const [route, path, body] of steps) {
      const [method = '', url = ''] = route.split(' ');
      const address = (path === '' ? url : path).replaceAll(/\{(\w+)\}/g, (_, name: string) => ids.get(name) ?? name);
      const answer: Answer = await admin.call(method as 'POST', address, body, credential);
      for (const [name, value] of Object.entries<Json>(answer.body ?? {})) {
        if (name.endsWith('_id') && typeof value === 'string') ids.set(name, value);
      }
      const rows: { action: string; actor_id: string }[] = await admin.db.query(
        'SELECT action, actor_id FROM governance.audit_entries WHERE request_id = $1',
        [answer.headers['x-request-id']],
      );
      const declared = auditedRoutes[route];
      const actions = rows.map(({ action }) => action);
      const isDeclared = Array.isArray(declared) && actions.every((action) => declared.includes(action));
      if (answer.status !== 200 || actions.length === 0 || !isDeclared) {
        failures.push(
          `${route}: ${answer.status} [${actions.join(', ')}] ${JSON.stringify(answer.body).slice(0, 300)}`,
        );
      }
      admin.clock.advance(1);
    }

    expect(failures).toEqual([]);
  });

  it('leaves intact chains, and nothing of secrets in them', async () => {
    const entries = await admin.db
      .getRepository('AuditEntryEntity')
      .find({ order: { tenantId: 'ASC', position: 'ASC' } });
    const chains = Map.groupBy(entries as Json[], ({ tenantId }) => tenantId);

    expect([...chains.values()].map((chain) => findBrokenLink(chain))).toEqual(Array(chains.size).fill(-1));
    expect(JSON.stringify(entries)).not.toMatch(/sk-of-provider|argon2|correct horse/);
  });
});
