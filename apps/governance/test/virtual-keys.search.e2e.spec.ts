import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

describe('the list of virtual keys', () => {
  let app: GovernanceApp;
  const keys: Json[] = [];

  beforeAll(async () => {
    app = await startGovernance();
    const team = await app.create('teams', { name: 'a team' });
    for (const input of [
      { name: 'Delta service', tags: ['prod', 'eu'], team_id: team.id },
      { name: 'alpha service', tags: ['prod'], is_active: false },
      { name: 'Charlie job', tags: [] },
      { name: 'bravo job' },
    ]) {
      keys.push(await app.create('virtual-keys', input));
      app.clock.advance(1_000);
    }
  });
  afterAll(() => app.stop());

  const list = async (query: Record<string, string>): Promise<Json> => {
    const answer = await app.call('GET', `/virtual-keys?${new URLSearchParams(query).toString()}`);
    expect(answer.status).toBe(200);
    for (const key of keys) expect(answer.text).not.toContain(key.value);
    return answer.body;
  };
  const names = async (query: Record<string, string>): Promise<string[]> =>
    (await list(query)).virtual_keys.map(({ name }: Json) => name);

  it('finds a key by a part of its name and by what is known of its value', async () => {
    const { name, value } = keys[1];
    const random = value.slice('sk-bf-'.length);

    expect(await names({ search: 'SERVICE' })).toEqual(['Delta service', 'alpha service']);
    for (const search of [
      value,
      value.slice(0, 10),
      value.slice(0, 20),
      random.slice(0, 4),
      random.slice(-4),
      `sk-bf-...${random.slice(-4)}`,
    ]) {
      expect(await names({ search })).toContain(name);
    }
    expect(await names({ search: value })).toEqual([name]);
    expect(await names({ search: `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}` })).toEqual([]);
    expect(await names({ search: random.slice(4, 40) })).toEqual([]);
    expect(await names({ search: '' })).toHaveLength(4);
  });

  it('finds a key by either value while both work, and by none that has ended', async () => {
    const rotated = await app.call('POST', `/virtual-keys/${keys[3].id}/rotate`, { overlap: '1h' });
    const { value } = rotated.body.virtual_key;

    expect(await names({ search: value })).toEqual(['bravo job']);
    expect(await names({ search: keys[3].value })).toEqual(['bravo job']);
    app.clock.advance(3_600_000);
    expect(await names({ search: keys[3].value })).toEqual([]);
    expect(await names({ search: value })).toEqual(['bravo job']);
    const listed = (await list({ search: 'bravo' })).virtual_keys[0];
    expect(listed.value).toBe(`sk-bf-...${value.slice(-4)}`);
    expect(listed).not.toHaveProperty('secrets');
  });

  const filters: [Record<string, string>, string[]][] = [
    [{ tag: 'prod' }, ['Delta service', 'alpha service']],
    [{ tag: 'eu' }, ['Delta service']],
    [{ tag: 'PROD' }, []],
    [{ tag: '' }, ['Delta service', 'alpha service', 'Charlie job', 'bravo job']],
    [{ is_active: 'false' }, ['alpha service']],
    [{ is_active: 'true', search: 'service' }, ['Delta service']],
    [{ is_active: '' }, ['Delta service', 'alpha service', 'Charlie job', 'bravo job']],
    [{ order: 'desc' }, ['bravo job', 'Charlie job', 'alpha service', 'Delta service']],
    [{ sort_by: 'created_at', order: 'asc', search: 'job' }, ['Charlie job', 'bravo job']],
    [{ search: 'nothing of the sort' }, []],
  ];
  it.each(filters)('with %j holds %j', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('is sorted by name as the database sorts names', async () => {
    const rows: Json[] = await app.db.query('SELECT name FROM governance.virtual_keys ORDER BY name');
    const sorted = rows.map(({ name }) => name);

    expect(await names({ sort_by: 'name' })).toEqual(sorted);
    expect(await names({ sort_by: 'name', order: 'desc' })).toEqual(sorted.toReversed());
  });

  it('says how many there are in all when it is cut, and only then', async () => {
    expect(await list({ limit: '1', offset: '1' })).toMatchObject({ count: 1, total_count: 4 });
    expect(await list({ offset: '9' })).toEqual({ virtual_keys: [], count: 0, total_count: 4 });
    expect(await list({ limit: '1', tag: 'prod' })).toMatchObject({ count: 1, total_count: 2 });
    expect(await list({ limit: '1', team_id: 'nobody' })).toEqual({ virtual_keys: [], count: 0, total_count: 0 });
    expect(await list({})).not.toHaveProperty('total_count');
  });

  it.each(['is_active=yes', 'sort_by=value', 'order=up', 'tag=a&tag=b', 'search=a&search=b'])(
    'refuses ?%s with 400',
    async (query) => {
      expect((await app.call('GET', `/virtual-keys?${query}`)).status).toBe(400);
    },
  );
});
