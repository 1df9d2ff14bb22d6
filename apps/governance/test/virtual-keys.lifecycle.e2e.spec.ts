import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type GovernanceApp, type Json, startGovernance } from './support/governance-app.js';

const SET = {
  expires_at: '2027-01-31T00:00:00.000Z',
  allowed_ips: ['203.0.113.0/24', '2001:db8::1'],
  tags: ['production', 'team blue'],
};

describe('expiry, addresses and tags of a virtual key', () => {
  let app: GovernanceApp;
  let key: Json;
  let count = 0;
  const name = (): string => `key ${(count += 1)}`;

  beforeAll(async () => {
    app = await startGovernance();
  });
  afterAll(() => app.stop());

  beforeEach(async () => {
    key = await app.create('virtual-keys', { name: name(), ...SET });
    app.clock.advance(1_000);
  });

  const get = async (): Promise<Json> => (await app.call('GET', `/virtual-keys/${key.id}`)).body.virtual_key;
  const put = (body: Json): ReturnType<GovernanceApp['call']> => app.call('PUT', `/virtual-keys/${key.id}`, body);
  const lookUp = async (): Promise<Json> => (await app.internal('GET', `/policies/${app.hashOf(key.value)}`)).body;

  it('are echoed where they are set, in the list too, and absent where they are not', async () => {
    expect(key).toMatchObject(SET);
    expect(await get()).toMatchObject(SET);
    const { virtual_keys } = (await app.call('GET', '/virtual-keys')).body;
    expect(virtual_keys.find(({ id }: Json) => id === key.id)).toMatchObject(SET);

    const bare = await app.create('virtual-keys', { name: name(), expires_at: null, allowed_ips: null, tags: null });
    for (const field of Object.keys(SET)) expect(bare).not.toHaveProperty(field);
    const emptied = await app.create('virtual-keys', { name: name(), expires_at: '', allowed_ips: [], tags: [] });
    expect(emptied).toMatchObject({ allowed_ips: [], tags: [] });
    expect(emptied).not.toHaveProperty('expires_at');
  });

  it('reach the gateways, the addresses in normal form', async () => {
    expect((await lookUp()).snapshot).toMatchObject({
      secretId: key.secrets[0].id,
      expiresAtMs: Date.parse(SET.expires_at),
      allowedIps: SET.allowed_ips,
      tags: SET.tags,
    });
    const messy = ['::ffff:10.1.2.3/104', '10.0.0.0/8', '2001:DB8:0::0001', ' 192.0.2.7/32 '];
    const answer = await put({ allowed_ips: messy });
    expect(answer.body.virtual_key.allowed_ips).toEqual(['10.0.0.0/8', '2001:db8::1', '192.0.2.7']);
  });

  const changes: [string, Json, Json][] = [
    ['{}', {}, {}],
    ['null in each', { expires_at: null, allowed_ips: null, tags: null }, {}],
    ['the values that are there', SET, {}],
    ['another end', { expires_at: '2026-06-01T02:00:00+02:00' }, { expires_at: '2026-06-01T00:00:00.000Z' }],
    ['an empty end', { expires_at: '' }, { expires_at: undefined }],
    ['other addresses', { allowed_ips: ['::1'] }, { allowed_ips: ['::1'] }],
    ['no addresses', { allowed_ips: [] }, { allowed_ips: [] }],
    ['other tags', { tags: ['b', 'a'] }, { tags: ['b', 'a'] }],
    ['no tags', { tags: [] }, { tags: [] }],
  ];
  it.each(changes)('PUT with %s changes what it names and nothing else', async (_what, body, changed) => {
    const answer = await put(body);

    expect(answer.status).toBe(200);
    const after = await get();
    expect(answer.body.virtual_key).toEqual(after);
    const isChanged = Object.keys(changed).length > 0;
    const { updated_at, ...expected } = { ...key, ...changed };
    expect(after).toEqual({ ...expected, updated_at: isChanged ? expect.any(String) : updated_at });
    for (const [field, value] of Object.entries(changed)) expect(field in after).toBe(value !== undefined);
    expect(await app.epochOf(key.id)).toBe(isChanged ? 2 : 1);
  });

  const refusals: [string, Json, RegExp][] = [
    ['an end in the past', { expires_at: '2026-01-15T11:59:59Z' }, /expires_at must be in the future/],
    ['a date', { expires_at: '2027-01-31' }, /expires_at must be a timestamp/],
    ['a day that is not', { expires_at: '2027-02-30T00:00:00Z' }, /expires_at must be a timestamp/],
    ['a number for an end', { expires_at: 1_800_000_000 }, /expires_at must be a timestamp/],
    ['a name for an address', { allowed_ips: ['localhost'] }, /allowed_ips is refused: "localhost" is neither/],
    ['too long a prefix', { allowed_ips: ['10.0.0.0/33'] }, /neither an IP address nor a range/],
    ['a number in addresses', { allowed_ips: [10] }, /allowed_ips must be an array of strings/],
    ['a text for addresses', { allowed_ips: '10.0.0.1' }, /allowed_ips must be an array/],
    ['too many addresses', { allowed_ips: Array.from({ length: 201 }, () => '::1') }, /more than 200/],
    ['a text for tags', { tags: 'a' }, /tags must be an array of strings/],
    ['an empty tag', { tags: [''] }, /an entry must not be empty/],
    ['a long tag', { tags: ['x'.repeat(65)] }, /longer than 64/],
    ['a tag twice', { tags: ['a', 'b', 'a'] }, /must not name a tag twice/],
    ['too many tags', { tags: Array.from({ length: 51 }, (_, index) => `t${index}`) }, /more than 50/],
    ['a number in tags', { tags: [1] }, /tags must be an array of strings/],
  ];
  it.each(refusals)('%s is refused with 400, on create and on PUT', async (_what, body, sentence) => {
    for (const answer of [await put(body), await app.call('POST', '/virtual-keys', { name: name(), ...body })]) {
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatch(sentence);
    }
    expect(await get()).toEqual(key);
  });

  it('an end that has passed is shown, found by gateways, and may be repeated but not set', async () => {
    await put({ expires_at: new Date(app.clock.now() + 500).toISOString() });
    const expired = await get();
    app.clock.advance(1_000);

    expect((await lookUp()).snapshot.expiresAtMs).toBe(Date.parse(expired.expires_at));
    expect((await put({ expires_at: expired.expires_at, description: 'late' })).status).toBe(200);
    expect((await put({ expires_at: new Date(app.clock.now() - 1).toISOString() })).status).toBe(400);
    expect((await put({ expires_at: '' })).body.virtual_key).not.toHaveProperty('expires_at');
  });

  it('are in the audit trail', async () => {
    await put({ tags: ['x'], allowed_ips: [], expires_at: '' });

    const [row] = await app.db.query(
      `SELECT before, after FROM governance.audit_entries WHERE entity_id = $1 AND action = 'virtual_key.updated'`,
      [key.id],
    );
    expect(row.before).toMatchObject(SET);
    expect(row.after).toMatchObject({ tags: ['x'], allowed_ips: [], expires_at: null });
  });
});
