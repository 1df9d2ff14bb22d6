import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type AdminApp, type AdminProcess, type Json, startAdmin } from './support/admin-app.js';
import { assign, createAccessGroup, createAlias, epochOf } from './support/models.js';
import { systemAudit } from './support/operators.js';
import { insertTeam } from './support/teams.js';

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
  name = `alias-${made}`;
});
afterAll(async () => {
  await other.stop();
  await admin.stop();
});

function at(alias: string): string {
  return `/api/models/${encodeURIComponent(alias)}`;
}

const MINIMAL = { display_name: 'x', provider: 'openai', actual_model: 'gpt-4o' };

describe('POST /api/models/create', () => {
  it('answers 200 with every field of the alias', async () => {
    await createAccessGroup(admin, `${name} basic`);
    await createAccessGroup(admin, `${name} all`);
    const answer = await admin.call('POST', '/api/models/create', {
      model_alias: name,
      display_name: 'Fast',
      provider: 'OpenAI',
      actual_model: 'gpt-4o-mini',
      access_groups: [`${name} basic`, `${name} all`, `${name} basic`],
      description: 'Answers fast',
      pricing_input: 0.15,
      pricing_output: '0.6',
      credential_name: 'x',
      api_key: 'sk-is-ignored',
      api_base: 'https://ignored.example.com',
    });

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      model_alias: name,
      display_name: 'Fast',
      provider: 'openai',
      actual_model: 'gpt-4o-mini',
      litellm_model_id: null,
      access_groups: [`${name} all`, `${name} basic`],
      description: 'Answers fast',
      pricing_input: 0.15,
      pricing_output: 0.6,
      status: 'active',
      teams_using: null,
      created_at: '2026-01-15T12:00:00.000Z',
      updated_at: '2026-01-15T12:00:00.000Z',
    });
    expect((await admin.call('GET', at(name))).body).toEqual(answer.body);
    expect(JSON.stringify(await systemAudit(admin))).not.toContain('sk-is-ignored');
  });

  it.each<[unknown, number | null, string | null]>([
    [0, 0, '0.000000'],
    ['0', 0, '0.000000'],
    [0.000001, 0.000001, '0.000001'],
    [0.1, 0.1, '0.100000'],
    [999_999.999999, 999_999.999999, '999999.999999'],
    [1_000_000, 1_000_000, '1000000.000000'],
    [null, null, null],
  ])('keeps a price of %p exactly', async (price, answered, stored) => {
    const body = await createAlias(admin, name, { pricing_input: price, pricing_output: price });
    const [row] = await admin.db.query<Json[]>(
      'SELECT pricing_input::text AS input, pricing_output::text AS output FROM saas.model_aliases WHERE model_alias = $1',
      [name],
    );

    expect([body.pricing_input, body.pricing_output]).toEqual([answered, answered]);
    expect(row).toEqual({ input: stored, output: stored });
  });

  it('takes providers that nobody has configured yet, and names one provider in one way', async () => {
    expect((await createAlias(admin, name, { provider: 'My-Own.host' })).provider).toBe('my-own.host');
    expect((await createAlias(admin, `${name}-g`, { provider: 'Google' })).provider).toBe('gemini');
  });

  it('answers 400 "already exists", 404 for an access group that is not there, and writes nothing', async () => {
    await createAlias(admin, name);

    expect(await admin.call('POST', '/api/models/create', { model_alias: name, ...MINIMAL })).toMatchObject({
      status: 400,
      body: { detail: `Model alias '${name}' already exists.` },
    });
    expect(
      await admin.call('POST', '/api/models/create', {
        model_alias: `${name}-2`,
        ...MINIMAL,
        access_groups: ['nobody'],
      }),
    ).toMatchObject({ status: 404, body: { detail: "Access group 'nobody' was not found." } });
    expect((await admin.call('GET', at(`${name}-2`))).status).toBe(404);
  });

  it('lets exactly one of many parallel calls to two processes create it', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? admin : other).call('POST', '/api/models/create', { model_alias: name, ...MINIMAL }),
      ),
    );

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(9);
  });

  const invalid: [string, Json, string][] = [
    ['no alias', { ...MINIMAL }, 'model_alias'],
    ['no display name', { model_alias: 'x', provider: 'openai', actual_model: 'y' }, 'display_name'],
    ['no provider', { model_alias: 'x', display_name: 'x', actual_model: 'y' }, 'provider'],
    ['no model', { model_alias: 'x', display_name: 'x', provider: 'openai' }, 'actual_model'],
    ['a provider with a slash', { model_alias: 'x', ...MINIMAL, provider: 'a/b' }, 'provider'],
    ['a provider with a blank', { model_alias: 'x', ...MINIMAL, provider: 'azure openai' }, 'provider'],
    ['a provider of 64 letters', { model_alias: 'x', ...MINIMAL, provider: 'p'.repeat(64) }, 'provider'],
    ['a negative price', { model_alias: 'x', ...MINIMAL, pricing_input: -1 }, 'pricing_input'],
    ['a price of seven decimals', { model_alias: 'x', ...MINIMAL, pricing_output: 0.0000001 }, 'pricing_output'],
    ['a price that is too high', { model_alias: 'x', ...MINIMAL, pricing_output: 1_000_001 }, 'pricing_output'],
    ['a price that is true', { model_alias: 'x', ...MINIMAL, pricing_input: true }, 'pricing_input'],
    ['access groups that are a text', { model_alias: 'x', ...MINIMAL, access_groups: 'a' }, 'access_groups'],
    ['an access group that is no name', { model_alias: 'x', ...MINIMAL, access_groups: ['\0'] }, 'access_groups'],
    ['half a surrogate pair', { model_alias: '\udfff', ...MINIMAL }, 'model_alias'],
  ];
  it.each(invalid)('answers 422 with the place for %s', async (_, body, field) => {
    const answer = await admin.call('POST', '/api/models/create', body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining({ loc: ['body', field] }));
  });
});

describe('GET /api/models', () => {
  it('is a bare array by name, filtered by status, provider and access group', async () => {
    await createAccessGroup(admin, `${name} g`);
    await createAlias(admin, `${name}-b`, { provider: 'groq', access_groups: [`${name} g`] });
    await createAlias(admin, `${name}-a`);
    await createAlias(admin, `${name}-off`);
    await admin.call('PUT', at(`${name}-off`), { status: 'inactive' });
    const mine = async (query: string): Promise<string[]> =>
      (await admin.call('GET', `/api/models${query}`)).body
        .map((alias: Json) => alias.model_alias)
        .filter((alias: string) => alias.startsWith(`${name}-`));

    expect(await mine('')).toEqual([`${name}-a`, `${name}-b`, `${name}-off`]);
    expect(await mine('?status=active')).toEqual([`${name}-a`, `${name}-b`]);
    expect(await mine('?status=inactive&provider=openai')).toEqual([`${name}-off`]);
    expect(await mine('?provider=Groq')).toEqual([`${name}-b`]);
    expect(await mine(`?access_group=${encodeURIComponent(`${name} g`)}`)).toEqual([`${name}-b`]);
    expect(await mine('?access_group=nobody')).toEqual([]);
    expect((await admin.call('GET', '/api/models?status=gone')).status).toBe(422);
    expect((await admin.call('GET', '/api/models?provider=%00')).status).toBe(422);
    expect((await admin.call('GET', at('nobody'))).status).toBe(404);
  });
});

describe('PUT /api/models/{alias}', () => {
  it('changes any field, replaces the access groups, and keeps what is absent or null', async () => {
    await createAccessGroup(admin, `${name} one`);
    await createAccessGroup(admin, `${name} two`);
    await createAlias(admin, name, { access_groups: [`${name} one`], pricing_input: 1, description: 'First' });
    admin.clock.advance(1_000);
    const { status, body } = await admin.call('PUT', at(name), {
      display_name: 'Other',
      actual_model: 'llama-3',
      provider: 'GROQ',
      access_groups: [`${name} two`],
      pricing_input: null,
      pricing_output: 0,
      status: 'inactive',
    });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      display_name: 'Other',
      actual_model: 'llama-3',
      provider: 'groq',
      access_groups: [`${name} two`],
      description: 'First',
      pricing_input: 1,
      pricing_output: 0,
      status: 'inactive',
    });
    expect(body.updated_at > body.created_at).toBe(true);
    expect((await admin.call('PUT', at(name), { access_groups: [] })).body.access_groups).toEqual([]);
  });

  it('empties what clear names', async () => {
    await createAlias(admin, name, { pricing_input: 1, pricing_output: 2, description: 'x' });

    expect(
      await admin.call('PUT', at(name), { clear: ['pricing_input', 'description'], pricing_output: 3 }),
    ).toMatchObject({ status: 200, body: { pricing_input: null, pricing_output: 3, description: null } });
    expect((await admin.call('PUT', at(name), { clear: ['status'] })).status).toBe(422);
  });

  it('answers 404 for an alias or an access group that is not there, and changes nothing then', async () => {
    await createAlias(admin, name);

    expect((await admin.call('PUT', at('nobody'), { display_name: 'x' })).status).toBe(404);
    expect((await admin.call('PUT', at(name), { display_name: 'x', access_groups: ['nobody'] })).status).toBe(404);
    expect((await admin.call('GET', at(name))).body.display_name).toBe(`The ${name}`);
  });
});

describe('DELETE /api/models/{alias}', () => {
  it('takes the alias out of its access groups too', async () => {
    await createAccessGroup(admin, `${name} g`);
    await createAlias(admin, name, { access_groups: [`${name} g`] });

    expect(await admin.call('DELETE', at(name))).toMatchObject({
      status: 200,
      body: { message: `Model alias '${name}' was deleted.` },
    });
    expect((await admin.call('DELETE', at(name))).status).toBe(404);
    const group = await admin.call('GET', `/api/model-access-groups/${encodeURIComponent(`${name} g`)}`);
    expect(group.body.model_aliases).toEqual([]);
  });
});

describe('a change of an alias', () => {
  it('governs the next call of the teams that have it, gain it or lose it, and of no others', async () => {
    const teams = [
      await insertTeam(admin, `has-${made}`),
      await insertTeam(admin, `gains-${made}`),
      await insertTeam(admin, `lacks-${made}`),
    ] as const;
    const [has, gains] = teams;
    const epochs = (): Promise<number[]> =>
      Promise.all(teams.map(({ organizationId }) => epochOf(admin, organizationId)));
    await createAccessGroup(admin, `${name} one`);
    await createAccessGroup(admin, `${name} two`);
    await assign(admin, has.teamId, { accessGroups: [`${name} one`] });
    await assign(admin, gains.teamId, { accessGroups: [`${name} two`] });
    const start = await epochs();
    const after = (...raised: number[]): number[] => start.map((epoch, index) => epoch + (raised[index] ?? 0));

    await createAlias(admin, name, { access_groups: [`${name} one`] });
    expect(await epochs()).toEqual(after(1, 0, 0));
    await admin.call('PUT', at(name), { actual_model: 'gpt-4o' });
    expect(await epochs()).toEqual(after(2, 0, 0));
    await admin.call('PUT', at(name), { access_groups: [`${name} two`] });
    expect(await epochs()).toEqual(after(3, 1, 0));
    await admin.call('PUT', at(name), { access_groups: [`${name} two`], actual_model: 'gpt-4o', pricing_input: null });
    expect(await epochs()).toEqual(after(3, 1, 0));
    expect((await admin.call('GET', at(name))).body.teams_using).toEqual([gains.teamId]);
    await admin.call('DELETE', at(name));
    expect(await epochs()).toEqual(after(3, 2, 0));
  });

  it('is in the chain of the system', async () => {
    await createAlias(admin, name, { pricing_input: 0 });
    await admin.call('PUT', at(name), { pricing_input: 2.5 });
    await admin.call('DELETE', at(name));
    const entries = (await systemAudit(admin)).filter(({ entityId }) => entityId === name);

    expect(
      entries.map(({ action, before, after }) => [action, before?.['pricing_input'], after?.['pricing_input']]),
    ).toEqual([
      ['model_alias.created', undefined, '0.000000'],
      ['model_alias.updated', '0.000000', '2.500000'],
      ['model_alias.deleted', '2.500000', undefined],
    ]);
  });
});
