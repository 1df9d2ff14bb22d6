import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { findBrokenLink } from '@penstock/entities';

import { type AdminApp, type AdminProcess, type Answer, type Json, startAdmin } from './support/admin-app.js';
import { assign, createGroup, epochOf } from './support/models.js';
import { systemAudit } from './support/operators.js';
import { insertTeam } from './support/teams.js';

const UUID = /^[0-9a-f-]{36}$/;

let admin: AdminApp;
let other: AdminProcess;
let made = 0;
let name = '';

beforeAll(async () => {
  admin = await startAdmin();
  other = await admin.startReplica();
});
beforeEach(() => {
  made += 1;
  name = `Agent ${made}`;
});
afterAll(async () => {
  await other.stop();
  await admin.stop();
});

function at(groupName: string, rest = ''): string {
  return `/api/model-groups/${encodeURIComponent(groupName)}${rest}`;
}

function modelNames(body: Json): string[] {
  return body.models.map((model: Json) => model.model_name);
}

describe('POST /api/model-groups/create', () => {
  it('answers 200 with the group and its models by priority', async () => {
    const answer = await admin.call('POST', '/api/model-groups/create', {
      group_name: 'ResumeAgent',
      display_name: 'Resume analysis',
      description: 'Reads resumes',
      models: [
        { model_name: 'gpt-3.5-turbo', priority: '1' },
        { model_name: 'gpt-4-turbo' },
        { model_name: 'own/one', priority: 1, is_active: false },
      ],
      unknown_field: 'is ignored',
    });

    expect(answer.status).toBe(200);
    const id = answer.body.model_group_id;
    const rest = { id: expect.stringMatching(UUID), model_group_id: id, created_at: '2026-01-15T12:00:00.000Z' };
    expect(answer.body).toEqual({
      model_group_id: expect.stringMatching(UUID),
      group_name: 'ResumeAgent',
      display_name: 'Resume analysis',
      description: 'Reads resumes',
      status: 'active',
      models: [
        { ...rest, model_name: 'gpt-4-turbo', priority: 0, is_active: true },
        { ...rest, model_name: 'gpt-3.5-turbo', priority: 1, is_active: true },
        { ...rest, model_name: 'own/one', priority: 1, is_active: false },
      ],
    });
    expect((await admin.call('GET', at('ResumeAgent'))).body).toEqual(answer.body);
  });

  it('takes its name for a display name, no models, and nulls for nothing', async () => {
    expect(
      await admin.call('POST', '/api/model-groups/create', {
        group_name: name,
        display_name: null,
        description: null,
        models: [],
      }),
    ).toMatchObject({ status: 200, body: { display_name: name, description: null, models: [] } });
  });

  it('keeps models of one priority in the order in which they were given', async () => {
    const models = ['openai/z', 'openai/a', 'openai/m', 'openai/b'];
    const { body } = await admin.call('POST', '/api/model-groups/create', {
      group_name: name,
      models: models.map((model_name) => ({ model_name })),
    });

    expect(modelNames(body)).toEqual(models);
  });

  it('answers 400 "already exists" the second time and leaves the first alone', async () => {
    await createGroup(admin, name, ['gpt-4o']);

    expect(await admin.call('POST', '/api/model-groups/create', { group_name: name, models: [] })).toMatchObject({
      status: 400,
      body: { detail: `Model group '${name}' already exists.`, code: 'already_exists' },
    });
    expect(modelNames((await admin.call('GET', at(name))).body)).toEqual(['gpt-4o']);
  });

  it('lets exactly one of many parallel calls to two processes create it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? admin : other).call('POST', '/api/model-groups/create', {
          group_name: name,
          models: [{ model_name: 'gpt-4o', priority: index }],
        }),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
    expect((await admin.call('GET', at(name))).body.models).toHaveLength(1);
  });

  const invalid: [string, Json, Json][] = [
    ['no name', { models: [] }, { type: 'missing', loc: ['body', 'group_name'] }],
    ['no models', { group_name: 'x' }, { type: 'missing', loc: ['body', 'models'] }],
    ['models that are null', { group_name: 'x', models: null }, { type: 'list_type', loc: ['body', 'models'] }],
    ['a model that is a text', { group_name: 'x', models: ['gpt-4o'] }, { loc: ['body', 'models'] }],
    ['a list of models in the list', { group_name: 'x', models: [[]] }, { loc: ['body', 'models'] }],
    [
      'a model without a name',
      { group_name: 'x', models: [{ priority: 0 }] },
      { type: 'missing', loc: ['body', 'models', 0, 'model_name'] },
    ],
    [
      'a priority of 1.5',
      { group_name: 'x', models: [{ model_name: 'gpt-4o', priority: 1.5 }] },
      { type: 'int_type', loc: ['body', 'models', 0, 'priority'] },
    ],
    [
      'a priority that PostgreSQL has no room for',
      { group_name: 'x', models: [{ model_name: 'gpt-4o', priority: 2 ** 31 }] },
      { type: 'less_than_equal', loc: ['body', 'models', 0, 'priority'] },
    ],
    [
      'a bare name that no provider is known for',
      { group_name: 'x', models: [{ model_name: 'gpt-4o' }, { model_name: 'nobody-knows' }] },
      {
        loc: ['body', 'models', 1, 'model_name'],
        msg: expect.stringContaining('write it as provider/model'),
      },
    ],
    [
      'the same model twice',
      { group_name: 'x', models: [{ model_name: 'gpt-4o' }, { model_name: 'gpt-4o', priority: 1 }] },
      { loc: ['body', 'models', 1, 'model_name'], msg: 'is in the list twice' },
    ],
    ['an empty name', { group_name: '', models: [] }, { loc: ['body', 'group_name'] }],
    ['a NUL in the name', { group_name: 'a\0', models: [] }, { loc: ['body', 'group_name'] }],
    ['half a surrogate pair', { group_name: 'x', description: '\ud800', models: [] }, { loc: ['body', 'description'] }],
    [
      '101 models',
      { group_name: 'x', models: Array.from({ length: 101 }, (_, index) => ({ model_name: `openai/${index}` })) },
      { loc: ['body', 'models'] },
    ],
  ];
  it.each(invalid)('answers 422 with the place for %s', async (_, body, issue) => {
    const answer = await admin.call('POST', '/api/model-groups/create', body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining(issue));
  });
});

describe('GET /api/model-groups', () => {
  it('is a bare array of active groups by name, of others where they are asked for', async () => {
    await createGroup(admin, `${name} b`, []);
    await createGroup(admin, `${name} a`, []);
    await createGroup(admin, `${name} off`, []);
    await admin.call('PUT', at(`${name} off`), { status: 'inactive' });
    const mine = async (query: string): Promise<string[]> =>
      (await admin.call('GET', `/api/model-groups${query}`)).body
        .map((group: Json) => group.group_name)
        .filter((groupName: string) => groupName.startsWith(name));

    expect(await mine('')).toEqual([`${name} a`, `${name} b`]);
    expect(await mine('?status=active')).toEqual([`${name} a`, `${name} b`]);
    expect(await mine('?status=inactive')).toEqual([`${name} off`]);
    expect(await mine('?status=all')).toEqual([`${name} a`, `${name} b`, `${name} off`]);
    expect((await admin.call('GET', '/api/model-groups?status=gone')).status).toBe(422);
  });

  it('answers 404 for a name that names nothing', async () => {
    expect(await admin.call('GET', at('nobody'))).toMatchObject({
      status: 404,
      body: { detail: "Model group 'nobody' was not found." },
    });
    expect((await admin.call('GET', '/api/model-groups/%00')).status).toBe(404);
  });

  it('finds a name with a slash, and one in another script', async () => {
    for (const groupName of ['team/chat', '分析 ✓']) {
      await createGroup(admin, groupName, []);
      expect((await admin.call('GET', at(groupName))).body.group_name).toBe(groupName);
    }
  });
});

describe('PUT /api/model-groups/{name}', () => {
  it('changes what it names and keeps the rest', async () => {
    await createGroup(admin, name, ['gpt-4o']);
    await admin.call('PUT', at(name), { description: 'For chats', display_name: 'Chat' });

    expect(await admin.call('PUT', at(name), { status: 'inactive', description: null })).toMatchObject({
      status: 200,
      body: { status: 'inactive', description: 'For chats', display_name: 'Chat', models: [{ model_name: 'gpt-4o' }] },
    });
    expect((await admin.call('PUT', at('nobody'), {})).status).toBe(404);
    expect((await admin.call('PUT', at(name), { status: 'paused' })).status).toBe(422);
  });
});

describe('PUT /api/model-groups/{name}/models', () => {
  it('takes a bare array, which is all the group has then', async () => {
    await createGroup(admin, name, ['gpt-4o', 'gpt-4o-mini']);
    const answer = await admin.call('PUT', at(name, '/models'), [
      { model_name: 'gpt-4o-mini', priority: 5 },
      { model_name: 'openai/gpt-4.1', priority: 2 },
    ]);

    expect(answer).toMatchObject({ status: 200, body: { group_name: name } });
    expect(Object.keys(answer.body)).toEqual(['group_name', 'models']);
    expect(modelNames(answer.body)).toEqual(['openai/gpt-4.1', 'gpt-4o-mini']);
    expect((await admin.call('PUT', at(name, '/models'), [])).body.models).toEqual([]);
  });

  it.each<[string, unknown, Json]>([
    ['an object', { models: [] }, { loc: ['body'] }],
    ['no body', undefined, { type: 'missing', loc: ['body'] }],
    ['a null in it', [{ model_name: 'gpt-4o' }, null], { loc: ['body', 1] }],
    ['a list in it', [[]], { loc: ['body', 0] }],
    ['no name', [{ priority: 1 }], { type: 'missing', loc: ['body', 0, 'model_name'] }],
    ['a bad priority', [{ model_name: 'gpt-4o', priority: 'x' }], { type: 'int_type', loc: ['body', 0, 'priority'] }],
    ['an unknown model', [{ model_name: 'nobody-knows' }], { loc: ['body', 0, 'model_name'] }],
    ['text that is not JSON', '[{', { type: 'json_invalid', loc: ['body'] }],
  ])('answers 422 with the place for %s', async (_what, body, issue) => {
    await createGroup(admin, name, ['gpt-4o']);
    const answer = await admin.call('PUT', at(name, '/models'), body);

    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining(issue));
    expect(modelNames((await admin.call('GET', at(name))).body)).toEqual(['gpt-4o']);
  });

  it('answers 404 for a group that is not there', async () => {
    expect((await admin.call('PUT', at('nobody', '/models'), [])).status).toBe(404);
  });

  it('is never seen halfway', async () => {
    const red = await insertTeam(admin, `halfway-${made}`);
    const lists = [
      ['gpt-4o', 'gpt-4o-mini'],
      ['openai/x', 'openai/y', 'openai/z'],
    ];
    await createGroup(admin, name, lists[0] ?? []);
    await assign(admin, red.teamId, { modelGroups: [name] });
    const seen = new Set<string>();
    await Promise.all([
      ...Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? admin : other).call(
          'PUT',
          at(name, '/models'),
          (lists[index % 2] ?? []).map((model_name, priority) => ({ model_name, priority })),
        ),
      ),
      ...Array.from({ length: 40 }, async () => {
        const { body } = await admin.call('GET', at(name, `/resolve?team_id=${red.teamId}`), undefined, red.headers);
        seen.add(JSON.stringify([body.primary_model, ...body.fallback_models]));
      }),
    ]);

    expect(lists.map((list) => JSON.stringify(list))).toEqual(expect.arrayContaining([...seen]));
  });
});

describe('DELETE /api/model-groups/{name}', () => {
  it('takes the group and its models away', async () => {
    await createGroup(admin, name, ['gpt-4o']);

    expect(await admin.call('DELETE', at(name))).toMatchObject({
      status: 200,
      body: { message: `Model group '${name}' was deleted.` },
    });
    expect((await admin.call('DELETE', at(name))).status).toBe(404);
    expect((await admin.call('GET', at(name))).status).toBe(404);
    await createGroup(admin, name, []);
  });

  it('is refused with 400 and the number of teams while teams have it', async () => {
    const [red, blue] = [await insertTeam(admin, `del-red-${made}`), await insertTeam(admin, `del-blue-${made}`)];
    await createGroup(admin, name, ['gpt-4o']);
    await assign(admin, red.teamId, { modelGroups: [name] });
    await assign(admin, blue.teamId, { modelGroups: [name] });

    expect(await admin.call('DELETE', at(name))).toMatchObject({
      status: 400,
      body: { detail: `Model group '${name}' is in use by 2 teams.`, code: 'in_use' },
    });
    await assign(admin, red.teamId, { modelGroups: [] });
    expect((await admin.call('DELETE', at(name))).body.detail).toBe(`Model group '${name}' is in use by 1 team.`);
    await admin.db.query('DELETE FROM saas.teams WHERE team_id = $1', [blue.teamId]);
    expect((await admin.call('DELETE', at(name))).status).toBe(200);
  });
});

describe('GET /api/model-groups/{name}/resolve', () => {
  it('names the first model and the others, as calls try them, leaving out what is not active', async () => {
    const red = await insertTeam(admin, `res-${made}`);
    await createGroup(admin, name, []);
    await admin.call('PUT', at(name, '/models'), [
      { model_name: 'openai/last', priority: 9 },
      { model_name: 'openai/off', priority: 0, is_active: false },
      { model_name: 'gpt-4o', priority: 1 },
      { model_name: 'groq/second', priority: 2 },
    ]);
    await assign(admin, red.teamId, { modelGroups: [name] });
    const resolve = (): Promise<Answer> =>
      admin.call('GET', at(name, `/resolve?team_id=${red.teamId}`), undefined, red.headers);

    expect(await resolve()).toMatchObject({ status: 200 });
    expect((await resolve()).body).toEqual({
      group_name: name,
      primary_model: 'gpt-4o',
      fallback_models: ['groq/second', 'openai/last'],
      team_has_access: true,
    });
  });

  it('answers 200 without a model to a team that has not got the group', async () => {
    const red = await insertTeam(admin, `none-${made}`);
    await createGroup(admin, name, ['gpt-4o']);

    expect((await admin.call('GET', at(name, `/resolve?team_id=${red.teamId}`), undefined, red.headers)).body).toEqual({
      group_name: name,
      primary_model: null,
      fallback_models: [],
      team_has_access: false,
      error: `Team '${red.teamId}' has no access to the model group '${name}'.`,
    });
  });

  it('answers 403 for a group that is inactive or has no active model, 404 for none, 422 without a team', async () => {
    const red = await insertTeam(admin, `bad-${made}`);
    await createGroup(admin, name, []);
    await assign(admin, red.teamId, { modelGroups: [name] });
    const resolve = (groupName: string, query = `?team_id=${red.teamId}`): Promise<Answer> =>
      admin.call('GET', at(groupName, `/resolve${query}`), undefined, red.headers);

    expect(await resolve(name)).toMatchObject({ status: 403, body: { code: 'model_group_unavailable' } });
    await admin.call('PUT', at(name, '/models'), [{ model_name: 'gpt-4o' }]);
    expect((await resolve(name)).status).toBe(200);
    await admin.call('PUT', at(name), { status: 'inactive' });
    expect(await resolve(name)).toMatchObject({ status: 403, body: { detail: expect.stringContaining('inactive') } });
    expect((await resolve('nobody')).status).toBe(404);
    expect(await resolve(name, '')).toMatchObject({
      status: 422,
      body: { detail: [{ type: 'missing', loc: ['query', 'team_id'] }] },
    });
  });

  it('answers 403 about another team and 401 to operators', async () => {
    const [red, blue] = [await insertTeam(admin, `own-${made}`), await insertTeam(admin, `alien-${made}`)];
    await createGroup(admin, name, ['gpt-4o']);
    await assign(admin, blue.teamId, { modelGroups: [name] });
    const path = at(name, `/resolve?team_id=${blue.teamId}`);

    expect(await admin.call('GET', path, undefined, red.headers)).toMatchObject({
      status: 403,
      body: { code: 'team_mismatch' },
    });
    expect((await admin.call('GET', path)).status).toBe(401);
    expect((await admin.call('GET', path, undefined, {})).status).toBe(401);
  });
});

describe('a change of a model group', () => {
  it('governs the next call of the teams that have it, and leaves other tenants alone', async () => {
    const [red, blue] = [await insertTeam(admin, `has-${made}`), await insertTeam(admin, `lacks-${made}`)];
    const epochs = async (): Promise<number[]> => [
      await epochOf(admin, red.organizationId),
      await epochOf(admin, blue.organizationId),
    ];
    await createGroup(admin, name, ['gpt-4o']);
    const [redBefore = 0, blueBefore = 0] = await epochs();
    await assign(admin, red.teamId, { modelGroups: [name, name] });
    expect(await epochs()).toEqual([redBefore + 1, blueBefore]);
    const changed = await admin.call('PUT', at(name, '/models'), [{ model_name: 'gpt-4o-mini' }]);
    expect(await epochs()).toEqual([redBefore + 2, blueBefore]);
    expect(changed.headers['x-penstock-propagation']).toBeUndefined();
    await admin.call('PUT', at(name), { status: 'inactive' });
    expect(await epochs()).toEqual([redBefore + 3, blueBefore]);
    // What is so already changes nothing.
    await admin.call('PUT', at(name), { status: 'inactive' });
    await admin.call('PUT', at(name, '/models'), [{ model_name: 'gpt-4o-mini', priority: '0', is_active: true }]);
    await assign(admin, red.teamId, { modelGroups: [name] });
    expect(await epochs()).toEqual([redBefore + 3, blueBefore]);
  });

  it('is in the chain of the system, with what was before and what is after', async () => {
    await createGroup(admin, name, ['gpt-4o']);
    await admin.call('PUT', at(name, '/models'), []);
    await admin.call('PUT', at(name), { display_name: 'Other' });
    await admin.call('DELETE', at(name));
    const chain = await systemAudit(admin);
    const entries = chain.filter(({ entityType, entityId }) => entityType === 'model_group' && entityId === name);
    const group = { group_name: name, display_name: name, description: null, status: 'active' };
    const models = [{ model_name: 'gpt-4o', priority: 0, is_active: true }];

    expect(entries.map(({ action, before, after }) => [action, before, after])).toEqual([
      ['model_group.created', null, { ...group, models }],
      ['model_group.models_replaced', { ...group, models }, { ...group, models: [] }],
      ['model_group.updated', { ...group, models: [] }, { ...group, display_name: 'Other', models: [] }],
      ['model_group.deleted', { ...group, display_name: 'Other', models: [] }, null],
    ]);
    expect(entries.every(({ actorId, requestId }) => actorId === 'master-key' && requestId !== null)).toBe(true);
    expect(findBrokenLink(chain)).toBe(-1);
  });
});
