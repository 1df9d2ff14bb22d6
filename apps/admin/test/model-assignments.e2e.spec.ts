import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { buildSnapshot, PoliciesRepository } from '@penstock/management';

import { ModelAssignments } from '../src/models/assignments/model-assignments.js';
import { type AdminApp, type AdminProcess, type Json, startAdmin } from './support/admin-app.js';
import { assign, createAccessGroup, createAlias, createGroup, epochOf } from './support/models.js';
import { insertTeam, type TestTeam } from './support/teams.js';

let admin: AdminApp;
let other: AdminProcess;
let made = 0;
let red: TestTeam;
let blue: TestTeam;

beforeAll(async () => {
  admin = await startAdmin();
  other = await admin.startReplica();
});
beforeEach(async () => {
  made += 1;
  red = await insertTeam(admin, `red-${made}`);
  blue = await insertTeam(admin, `blue-${made}`);
});
afterAll(async () => {
  await other.stop();
  await admin.stop();
});

async function describeTeam({ teamId }: TestTeam): Promise<Json> {
  return (await admin.service(ModelAssignments).describe([teamId])).get(teamId);
}

/** What gateways are told of the team's key. */
async function policyOf({ key }: TestTeam): Promise<ReturnType<typeof buildSnapshot>> {
  const row = await admin.service(PoliciesRepository).findByKeyHash(admin.hashOf(key), admin.clock.now());
  if (row === null) throw new Error('the key has no policy');
  return buildSnapshot(row);
}

describe('what is assigned to a team', () => {
  it('is nothing at first', async () => {
    expect(await describeTeam(red)).toEqual({
      model_groups: [],
      access_groups: [],
      allowed_models: [],
      allowed_model_aliases: [],
    });
    expect((await policyOf(red)).modelRoutes).toEqual([]);
  });

  it('is sorted, each once, and the same for gateways and in answers; other teams have none of it', async () => {
    const [chat, more] = [`chat ${made}`, `a more ${made}`];
    const [fast, best, unused] = [`fast-${made}`, `best-${made}`, `unused-${made}`];
    await createGroup(admin, chat, ['openai/gpt-4o', 'gpt-4o-mini']);
    await createGroup(admin, more, ['gpt-4o-mini', 'groq/llama']);
    await createAlias(admin, fast, { provider: 'groq', actual_model: 'llama' });
    await createAlias(admin, best, { provider: 'anthropic', actual_model: 'claude-sonnet-4-5' });
    await createAlias(admin, unused);
    await createAccessGroup(admin, `basic ${made}`, [fast, best]);
    await createAccessGroup(admin, `all ${made}`, [best]);
    await assign(admin, red.teamId, {
      modelGroups: [chat, more, chat],
      accessGroups: [`basic ${made}`, `all ${made}`],
    });
    const described = await describeTeam(red);

    expect(described).toEqual({
      model_groups: [more, chat],
      access_groups: [`all ${made}`, `basic ${made}`],
      allowed_models: ['anthropic/claude-sonnet-4-5', 'gpt-4o-mini', 'groq/llama', 'openai/gpt-4o'],
      allowed_model_aliases: [best, fast],
    });
    const { modelRoutes } = await policyOf(red);
    const namesOf = (kind: string): string[] =>
      (modelRoutes ?? [])
        .filter((route) => route.kind === kind)
        .map(({ name }) => name)
        .toSorted();
    expect([namesOf('group'), namesOf('alias'), namesOf('model')]).toEqual([
      described.model_groups,
      described.allowed_model_aliases,
      described.allowed_models,
    ]);
    expect((await policyOf(blue)).modelRoutes).toEqual([]);
    expect((await describeTeam(blue)).model_groups).toEqual([]);
  });

  it('opens only what is active, though it stays assigned', async () => {
    const [group, alias, access] = [`group ${made}`, `alias-${made}`, `access ${made}`];
    await createGroup(admin, group, ['gpt-4o']);
    await createAlias(admin, alias);
    await createAccessGroup(admin, access, [alias]);
    await assign(admin, red.teamId, { modelGroups: [group], accessGroups: [access] });
    const allowed = async (): Promise<Json> => {
      const { model_groups, access_groups, ...rest } = await describeTeam(red);
      expect([model_groups, access_groups]).toEqual([[group], [access]]);
      const names: string[] = [...rest.allowed_models, ...rest.allowed_model_aliases];
      if (names.includes('gpt-4o')) names.push(group);
      expect((await policyOf(red)).modelRoutes?.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
      return rest;
    };
    const of = (path: string, name: string): string => `/api/${path}/${encodeURIComponent(name)}`;

    expect(await allowed()).toEqual({
      allowed_models: ['gpt-4o', 'openai/gpt-4o-mini'],
      allowed_model_aliases: [alias],
    });
    await admin.call('PUT', of('model-groups', group), { status: 'inactive' });
    expect(await allowed()).toEqual({ allowed_models: ['openai/gpt-4o-mini'], allowed_model_aliases: [alias] });
    await admin.call('PUT', of('models', alias), { status: 'inactive' });
    expect(await allowed()).toEqual({ allowed_models: [], allowed_model_aliases: [] });
    await admin.call('PUT', of('models', alias), { status: 'active' });
    await admin.call('PUT', of('model-access-groups', access), { status: 'inactive' });
    expect(await allowed()).toEqual({ allowed_models: [], allowed_model_aliases: [] });
  });

  it('stays as it is when one name is unknown, or is not given', async () => {
    await createGroup(admin, `group ${made}`, ['gpt-4o']);
    await createAccessGroup(admin, `access ${made}`);
    await assign(admin, red.teamId, { modelGroups: [`group ${made}`], accessGroups: [`access ${made}`] });
    const [before, epoch] = [await describeTeam(red), await epochOf(admin, red.organizationId)];

    await expect(assign(admin, red.teamId, { modelGroups: [], accessGroups: ['nobody'] })).rejects.toMatchObject({
      code: 'not_found',
      message: "Access group 'nobody' was not found.",
    });
    await expect(assign(admin, red.teamId, { modelGroups: ['nobody'] })).rejects.toMatchObject({
      message: "Model group 'nobody' was not found.",
    });
    await expect(assign(admin, 'nobody', {})).rejects.toMatchObject({ message: "Team 'nobody' was not found." });
    await assign(admin, red.teamId, {});
    expect([await describeTeam(red), await epochOf(admin, red.organizationId)]).toEqual([before, epoch]);
    await assign(admin, red.teamId, { modelGroups: [] });
    expect(await describeTeam(red)).toMatchObject({ model_groups: [], access_groups: [`access ${made}`] });
  });
});

describe('at the same time', () => {
  it('a group is either deleted or assigned, never both', async () => {
    for (let round = 0; round < 15; round += 1) {
      const group = `race ${made} ${round}`;
      await createGroup(admin, group, ['gpt-4o']);
      const [deleted, assigned] = await Promise.all([
        other.call('DELETE', `/api/model-groups/${encodeURIComponent(group)}`),
        assign(admin, red.teamId, { modelGroups: [group] }).then(
          () => 'assigned',
          (error: Json) => error.code,
        ),
      ]);

      expect([
        [200, 'not_found'],
        [400, 'assigned'],
      ]).toContainEqual([deleted.status, assigned]);
      expect((await describeTeam(red)).model_groups).toEqual(assigned === 'assigned' ? [group] : []);
      await assign(admin, red.teamId, { modelGroups: [] });
    }
  });

  it('the last of several replacements is all that a team has', async () => {
    const groups = Array.from({ length: 6 }, (_, index) => `set ${made} ${index}`);
    for (const group of groups) await createGroup(admin, group, []);
    const sets = [groups.slice(0, 3), groups.slice(2, 5), groups.slice(4)];
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => assign(admin, red.teamId, { modelGroups: sets[index % 3] ?? [] })),
    );

    expect(sets).toContainEqual((await describeTeam(red)).model_groups);
  });

  it('one epoch of a tenant is one policy, whatever changes while teams are being assigned it', async () => {
    const [group, alias, access] = [`live ${made}`, `live-${made}`, `live access ${made}`];
    await createGroup(admin, group, ['gpt-4o']);
    await createAlias(admin, alias);
    await createAccessGroup(admin, access);
    const path = (kind: string, name: string, rest = ''): string => `/api/${kind}/${encodeURIComponent(name)}${rest}`;
    const policies = new Map<number, Set<string>>();
    const note = async (): Promise<void> => {
      const { epoch, modelRoutes } = await policyOf(red);
      policies.set(epoch, (policies.get(epoch) ?? new Set()).add(JSON.stringify(modelRoutes)));
    };
    const done = new AbortController();
    const watching = (async () => {
      while (!done.signal.aborted) await note();
    })();
    for (let round = 0; round < 12; round += 1) {
      const answers = await Promise.all([
        other.call('PUT', path('model-groups', group, '/models'), [{ model_name: `openai/${round}` }]),
        admin.call('PUT', path('models', alias), { actual_model: `model-${round}` }),
        other.call('PUT', path('model-access-groups', access, '/models'), {
          model_aliases: round % 2 === 0 ? [alias] : [],
        }),
        assign(admin, red.teamId, {
          modelGroups: round % 3 === 0 ? [] : [group],
          accessGroups: round % 4 === 0 ? [] : [access],
        }).then(() => ({ status: 200 })),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    }
    done.abort();
    await watching;
    await note();

    expect([...policies].filter(([, routes]) => routes.size !== 1)).toEqual([]);
    expect(policies.size).toBeGreaterThan(5);
  });
});
