import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type AdminApp, type Json, startAdmin } from './support/admin-app.js';
import { assign, createAccessGroup, createAlias, epochOf } from './support/models.js';
import { systemAudit } from './support/operators.js';
import { insertTeam } from './support/teams.js';

const BASE = '/api/model-access-groups';

let admin: AdminApp;
let made = 0;
let name = '';

beforeAll(async () => {
  admin = await startAdmin();
});
beforeEach(() => {
  made += 1;
  name = `access-${made}`;
});
afterAll(() => admin.stop());

describe('POST /api/model-access-groups/create', () => {
  it('answers 200 with the group and its aliases', async () => {
    await createAlias(admin, `${name}-fast`);
    await createAlias(admin, `${name}-best`, { provider: 'anthropic', actual_model: 'claude-sonnet-4-5' });
    const answer = await admin.call('POST', `${BASE}/create`, {
      group_name: name,
      display_name: 'Basic',
      description: 'For everybody',
      model_aliases: [`${name}-fast`, `${name}-best`, `${name}-fast`],
    });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      group_name: name,
      display_name: 'Basic',
      description: 'For everybody',
      status: 'active',
      model_aliases: [
        {
          model_alias: `${name}-best`,
          display_name: `The ${name}-best`,
          provider: 'anthropic',
          actual_model: 'claude-sonnet-4-5',
        },
        {
          model_alias: `${name}-fast`,
          display_name: `The ${name}-fast`,
          provider: 'openai',
          actual_model: 'gpt-4o-mini',
        },
      ],
      teams_using: null,
      created_at: '2026-01-15T12:00:00.000Z',
      updated_at: '2026-01-15T12:00:00.000Z',
    });
    expect((await admin.call('GET', `${BASE}/${name}`)).body).toEqual(answer.body);
    expect((await admin.call('GET', `/api/models/${name}-fast`)).body.access_groups).toEqual([name]);
  });

  it('answers 400 "already exists", 404 for an alias that is not there, 422 for what is not valid', async () => {
    await createAccessGroup(admin, name);
    const post = (body: Json) => admin.call('POST', `${BASE}/create`, body);

    expect(await post({ group_name: name, display_name: 'x' })).toMatchObject({
      status: 400,
      body: { detail: `Access group '${name}' already exists.` },
    });
    expect(await post({ group_name: `${name}-2`, display_name: 'x', model_aliases: ['nobody'] })).toMatchObject({
      status: 404,
      body: { detail: "Model alias 'nobody' was not found." },
    });
    expect((await admin.call('GET', `${BASE}/${name}-2`)).status).toBe(404);
    expect(await post({ group_name: `${name}-2` })).toMatchObject({
      status: 422,
      body: { detail: [{ type: 'missing', loc: ['body', 'display_name'] }] },
    });
    expect((await post({ group_name: `${name}-2`, display_name: 'x', model_aliases: [1] })).status).toBe(422);
  });

  it('lets exactly one of many parallel calls create it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => admin.call('POST', `${BASE}/create`, { group_name: name, display_name: name })),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
  });
});

describe('GET /api/model-access-groups', () => {
  it('is a bare array of all by name, or of those with a status', async () => {
    await createAccessGroup(admin, `${name}-b`);
    await createAccessGroup(admin, `${name}-a`);
    await admin.call('PUT', `${BASE}/${name}-b`, { status: 'inactive' });
    const mine = async (query: string): Promise<string[]> =>
      (await admin.call('GET', `${BASE}${query}`)).body
        .map((group: Json) => group.group_name)
        .filter((groupName: string) => groupName.startsWith(`${name}-`));

    expect(await mine('')).toEqual([`${name}-a`, `${name}-b`]);
    expect(await mine('?status=active')).toEqual([`${name}-a`]);
    expect(await mine('?status=inactive')).toEqual([`${name}-b`]);
    expect((await admin.call('GET', `${BASE}?status=x`)).status).toBe(422);
    expect((await admin.call('GET', `${BASE}/nobody`)).status).toBe(404);
  });
});

describe('PUT /api/model-access-groups/{name}', () => {
  it('changes what it names and keeps the rest', async () => {
    await createAccessGroup(admin, name);

    expect(
      await admin.call('PUT', `${BASE}/${name}`, { display_name: 'Other', description: 'x', status: 'inactive' }),
    ).toMatchObject({ status: 200, body: { display_name: 'Other', description: 'x', status: 'inactive' } });
    expect((await admin.call('PUT', `${BASE}/${name}`, { description: null })).body.description).toBe('x');
    expect((await admin.call('PUT', `${BASE}/nobody`, {})).status).toBe(404);
  });
});

describe('PUT /api/model-access-groups/{name}/models', () => {
  it('takes an object, and replaces the aliases', async () => {
    await createAlias(admin, `${name}-1`);
    await createAlias(admin, `${name}-2`);
    await createAccessGroup(admin, name, [`${name}-1`]);
    const put = (body: unknown) => admin.call('PUT', `${BASE}/${name}/models`, body);

    const replaced = await put({ model_aliases: [`${name}-2`] });
    expect(replaced).toMatchObject({ status: 200, body: { group_name: name } });
    expect(replaced.body.model_aliases.map((alias: Json) => alias.model_alias)).toEqual([`${name}-2`]);
    expect((await put({ model_aliases: ['nobody'] })).status).toBe(404);
    expect((await put([`${name}-1`])).status).toBe(422);
    expect((await put({})).status).toBe(422);
    expect((await put({ model_aliases: [] })).body.model_aliases).toEqual([]);
    expect((await admin.call('PUT', `${BASE}/nobody/models`, { model_aliases: [] })).status).toBe(404);
  });
});

describe('DELETE /api/model-access-groups/{name}', () => {
  it('is refused with 400 and the names of the teams while teams have it', async () => {
    const [red, blue] = [await insertTeam(admin, `red-${made}`), await insertTeam(admin, `blue-${made}`)];
    await createAlias(admin, `${name}-1`);
    await createAccessGroup(admin, name, [`${name}-1`]);
    await assign(admin, red.teamId, { accessGroups: [name] });
    await assign(admin, blue.teamId, { accessGroups: [name] });

    expect((await admin.call('GET', `${BASE}/${name}`)).body.teams_using).toEqual([blue.teamId, red.teamId]);
    expect(await admin.call('DELETE', `${BASE}/${name}`)).toMatchObject({
      status: 400,
      body: { detail: `Access group '${name}' is in use by the teams ${blue.teamId}, ${red.teamId}.`, code: 'in_use' },
    });
    await assign(admin, red.teamId, { accessGroups: [] });
    expect((await admin.call('DELETE', `${BASE}/${name}`)).body.detail).toBe(
      `Access group '${name}' is in use by the team ${blue.teamId}.`,
    );
    await assign(admin, blue.teamId, { accessGroups: [] });
    expect(await admin.call('DELETE', `${BASE}/${name}`)).toMatchObject({
      status: 200,
      body: { message: `Access group '${name}' was deleted.` },
    });
    expect((await admin.call('DELETE', `${BASE}/${name}`)).status).toBe(404);
    expect((await admin.call('GET', `/api/models/${name}-1`)).body.access_groups).toEqual([]);
  });

  it('names the first teams of many', async () => {
    await createAccessGroup(admin, name);
    const ids = Array.from({ length: 22 }, (_, index) => `many-${made}-${String(index).padStart(2, '0')}`);
    const { organizationId, governanceTeamId } = await insertTeam(admin, `first-${made}`);
    const now = new Date(admin.clock.now());
    for (const id of ids) {
      const [twin] = await admin.db.query<Json[]>(
        `INSERT INTO governance.teams (id, name, customer_id, created_at, updated_at)
         SELECT gen_random_uuid(), $1, customer_id, $2, $2 FROM governance.teams WHERE id = $3 RETURNING id`,
        [id, now, governanceTeamId],
      );
      await admin.db.query(
        `INSERT INTO saas.teams (team_id, organization_id, governance_team_id, team_alias, status, is_default,
           metadata, created_at, updated_at) VALUES ($1, $2, $3, $1, 'active', false, '{}', $4, $4)`,
        [id, organizationId, twin.id, now],
      );
      await assign(admin, id, { accessGroups: [name] });
    }

    expect((await admin.call('DELETE', `${BASE}/${name}`)).body.detail).toBe(
      `Access group '${name}' is in use by the teams ${ids.slice(0, 20).join(', ')} and 2 more.`,
    );
  });
});

describe('a change of an access group', () => {
  it('governs the next call of the teams that have it, and of no others', async () => {
    const [red, blue] = [await insertTeam(admin, `has-${made}`), await insertTeam(admin, `lacks-${made}`)];
    const epochs = async (): Promise<number[]> => [
      await epochOf(admin, red.organizationId),
      await epochOf(admin, blue.organizationId),
    ];
    await createAlias(admin, `${name}-1`);
    await createAccessGroup(admin, name);
    await assign(admin, red.teamId, { accessGroups: [name] });
    const [redStart = 0, blueStart = 0] = await epochs();

    await admin.call('PUT', `${BASE}/${name}/models`, { model_aliases: [`${name}-1`] });
    expect(await epochs()).toEqual([redStart + 1, blueStart]);
    await admin.call('PUT', `${BASE}/${name}/models`, { model_aliases: [`${name}-1`, `${name}-1`] });
    await admin.call('PUT', `${BASE}/${name}`, { status: 'active' });
    expect(await epochs()).toEqual([redStart + 1, blueStart]);
    await admin.call('PUT', `${BASE}/${name}`, { status: 'inactive' });
    expect(await epochs()).toEqual([redStart + 2, blueStart]);
  });

  it('is in the chain of the system', async () => {
    await createAlias(admin, `${name}-1`);
    await createAccessGroup(admin, name);
    await admin.call('PUT', `${BASE}/${name}/models`, { model_aliases: [`${name}-1`] });
    await admin.call('PUT', `${BASE}/${name}`, { status: 'inactive' });
    await admin.call('DELETE', `${BASE}/${name}`);
    const entries = (await systemAudit(admin)).filter(({ entityId }) => entityId === name);

    expect(entries.map(({ action, after }) => [action, after?.['model_aliases'], after?.['status']])).toEqual([
      ['model_access_group.created', [], 'active'],
      ['model_access_group.models_replaced', [`${name}-1`], 'active'],
      ['model_access_group.updated', [`${name}-1`], 'inactive'],
      ['model_access_group.deleted', undefined, undefined],
    ]);
  });
});
