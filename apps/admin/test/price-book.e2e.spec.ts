import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AuditEntryEntity, findBrokenLink } from '@penstock/entities';
import { findDefaultMarkups } from '@penstock/management';

import { type AdminApp, type Answer, type Json, startAdmin } from './support/admin-app.js';
import { createUser, login } from './support/operators.js';

let admin: AdminApp;
let organization: { id: string; customerId: string };
let count = 0;

const HOUR_MS = 3_600_000;

beforeAll(async () => {
  admin = await startAdmin();
});
afterAll(() => admin.stop());

async function createOrganization(): Promise<{ id: string; customerId: string }> {
  count += 1;
  const id = `org_${count}`;
  const { body } = await admin.call('POST', '/api/organizations/create', { organization_id: id, name: id });
  return { id, customerId: body.customer_id };
}

beforeEach(async () => {
  organization = await createOrganization();
});

function path(rest = '', id = organization.id): string {
  return `/api/organizations/${id}/price-book${rest}`;
}

async function add(body: Json): Promise<Json> {
  const answer = await admin.call('POST', path(), body);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

async function list(query = ''): Promise<Json> {
  const answer = await admin.call('GET', path(query));
  expect(answer.status).toBe(200);
  return answer.body;
}

/** Ids and statuses of the whole history, newest first. */
async function statuses(): Promise<[string, string][]> {
  const { entries } = await list('?history=true');
  return entries.map((entry: Json) => [entry.entry_id, entry.status]);
}

async function epoch(customerId = organization.customerId): Promise<number> {
  const [row] = await admin.db.query<{ epoch: string }[]>('SELECT epoch FROM governance.tenants WHERE id = $1', [
    customerId,
  ]);
  return Number(row?.epoch);
}

function inHours(hours: number): string {
  return new Date(admin.clock.now() + hours * HOUR_MS).toISOString();
}

describe('POST /api/organizations/{id}/price-book', () => {
  it('answers 200 with the entry, in force from now on, with exact numbers', async () => {
    const now = new Date(admin.clock.now()).toISOString();
    const entry = await add({
      kind: 'override',
      provider: 'OpenAI',
      model: 'gpt-4o',
      input_usd_per_mtok: 2.5,
      output_usd_per_mtok: '10.000001',
      cache_read_usd_per_mtok: 0,
      request_usd: 1e-9,
      reason: 'contract of November',
      unknown_field: 'is ignored',
    });
    expect(entry).toEqual({
      entry_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_price_id: `book:${entry.entry_id}`,
      organization_id: organization.id,
      kind: 'override',
      provider: 'openai',
      model: 'gpt-4o',
      version: 1,
      status: 'in_force',
      percent: null,
      is_free: false,
      input_usd_per_mtok: 2.5,
      cache_read_usd_per_mtok: 0,
      cache_write_usd_per_mtok: null,
      output_usd_per_mtok: 10.000001,
      request_usd: 1e-9,
      effective_from: now,
      effective_until: null,
      reason: 'contract of November',
      created_at: now,
      created_by: 'master-key',
      ended_at: null,
      ended_by: null,
    });
    expect((await admin.call('GET', path(`/${entry.entry_id}`))).body).toEqual(entry);
  });

  it('makes a change a new version, and keeps the old one readable', async () => {
    const first = await add({ kind: 'markup', percent: 20 });
    const second = await add({ kind: 'markup', percent: '25.5', provider: '*', model: '*' });
    expect(second).toMatchObject({ version: 2, status: 'in_force', percent: 25.5 });
    expect(await statuses()).toEqual([
      [second.entry_id, 'in_force'],
      [first.entry_id, 'replaced'],
    ]);
    expect((await list()).entries.map((entry: Json) => entry.entry_id)).toEqual([second.entry_id]);
    expect((await admin.call('GET', path(`/${first.entry_id}`))).body).toMatchObject({ percent: 20, version: 1 });
  });

  it('lays a temporary entry on top of another, and plans one that is to come', async () => {
    const base = await add({ kind: 'discount', percent: 5 });
    const promo = await add({ kind: 'discount', percent: 50, effective_until: inHours(2) });
    const later = await add({ kind: 'discount', percent: 7, effective_from: inHours(5) });
    expect(await statuses()).toEqual([
      [later.entry_id, 'scheduled'],
      [promo.entry_id, 'in_force'],
      [base.entry_id, 'covered'],
    ]);
    admin.clock.advance(3 * HOUR_MS);
    expect(await statuses()).toEqual([
      [later.entry_id, 'scheduled'],
      [promo.entry_id, 'expired'],
      [base.entry_id, 'in_force'],
    ]);
    admin.clock.advance(3 * HOUR_MS);
    expect((await statuses()).map(([, status]) => status)).toEqual(['in_force', 'expired', 'replaced']);
  });

  it('raises the epoch of the organization alone, and writes an audit entry into its chain', async () => {
    const other = await createOrganization();
    const before = [await epoch(), await epoch(other.customerId)];
    const entry = await add({ kind: 'markup', percent: 20 });
    expect([await epoch(), await epoch(other.customerId)]).toEqual([before[0]! + 1, before[1]]);
    await admin.call('DELETE', path(`/${entry.entry_id}`));
    expect(await epoch()).toBe(before[0]! + 2);

    const chain = await admin.db
      .getRepository(AuditEntryEntity)
      .find({ where: { tenantId: organization.customerId }, order: { position: 'ASC' } });
    expect(findBrokenLink(chain)).toBe(-1);
    expect(chain.slice(-2).map(({ action, entityId, actorId }) => [action, entityId, actorId])).toEqual([
      ['price_book_entry.created', entry.entry_id, 'master-key'],
      ['price_book_entry.ended', entry.entry_id, 'master-key'],
    ]);
    expect(chain.at(-1)).toMatchObject({
      before: { ended_at: null },
      after: { ended_by: 'master-key', percent: '20.00' },
    });
  });

  const invalid: [string, Json, string][] = [
    ['no kind', {}, 'kind'],
    ['another kind', { kind: 'surcharge', percent: 5 }, 'kind'],
    ['a markup without percent', { kind: 'markup' }, 'percent'],
    ['a percent of three decimals', { kind: 'markup', percent: 1.005 }, 'percent'],
    ['a negative percent', { kind: 'markup', percent: -1 }, 'percent'],
    ['a markup of 1000 %', { kind: 'markup', percent: 1000 }, 'percent'],
    ['a discount of more than everything', { kind: 'discount', percent: 100.01 }, 'percent'],
    ['a discount with a price', { kind: 'discount', percent: 1, request_usd: 1 }, 'request_usd'],
    ['a markup that is free', { kind: 'markup', percent: 1, is_free: true }, 'is_free'],
    ['a price with a percent', { kind: 'override', request_usd: 1, percent: 5 }, 'percent'],
    ['a price without prices', { kind: 'override' }, 'input_usd_per_mtok'],
    ['half a price', { kind: 'override', input_usd_per_mtok: 1 }, 'output_usd_per_mtok'],
    [
      'a flat price with a price of cached tokens',
      { kind: 'override', request_usd: 1, cache_read_usd_per_mtok: 1 },
      'input_usd_per_mtok',
    ],
    ['a free price', { kind: 'override', is_free: true, input_usd_per_mtok: 1 }, 'input_usd_per_mtok'],
    ['a negative price', { kind: 'override', input_usd_per_mtok: -1, output_usd_per_mtok: 1 }, 'input_usd_per_mtok'],
    [
      'a price of seven decimals',
      { kind: 'override', input_usd_per_mtok: 1e-7, output_usd_per_mtok: 1 },
      'input_usd_per_mtok',
    ],
    ['a price beyond a billion', { kind: 'override', request_usd: 1e9 }, 'request_usd'],
    ['NUL in the model', { kind: 'markup', percent: 1, model: 'a\0' }, 'model'],
    ['an empty provider', { kind: 'markup', percent: 1, provider: '' }, 'provider'],
    [
      'a beginning in the past',
      { kind: 'markup', percent: 1, effective_from: '2020-01-01T00:00:00Z' },
      'effective_from',
    ],
    ['a beginning that is no moment', { kind: 'markup', percent: 1, effective_from: 'tomorrow' }, 'effective_from'],
    [
      'an end before the beginning',
      { kind: 'markup', percent: 1, effective_until: '2020-01-01T00:00:00Z' },
      'effective_until',
    ],
  ];
  it.each(invalid)('answers 422 with the place for %s, and writes nothing', async (_, body, field) => {
    const answer = await admin.call('POST', path(), body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(['body', field]);
    expect(await statuses()).toEqual([]);
  });

  it('counts versions without a gap when many operators change one slot at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => admin.call('POST', path(), { kind: 'markup', percent: index })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    const { entries } = await list('?history=true');
    expect(entries.map((entry: Json) => entry.version).toSorted((a: number, b: number) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(entries.filter((entry: Json) => entry.status === 'in_force')).toHaveLength(1);
  });
});

describe('DELETE /api/organizations/{id}/price-book/{entry_id}', () => {
  it('ends an entry from now on, once, and what it had replaced does not come back', async () => {
    await add({ kind: 'markup', percent: 20 });
    const entry = await add({ kind: 'markup', percent: 30 });
    admin.clock.advance(1_000);
    const ended = await admin.call('DELETE', path(`/${entry.entry_id}`));
    expect(ended).toMatchObject({ status: 200, body: { status: 'ended', ended_by: 'master-key' } });
    const epochAfter = await epoch();
    admin.clock.advance(1_000);
    expect((await admin.call('DELETE', path(`/${entry.entry_id}`))).body).toEqual(ended.body);
    expect(await epoch()).toBe(epochAfter);
    expect(await list()).toMatchObject({ cost_markup_percentage: 0, entries: [] });
  });

  it('knows only entries of the organization', async () => {
    const entry = await add({ kind: 'markup', percent: 20 });
    const other = await createOrganization();
    for (const method of ['GET', 'DELETE'] as const) {
      expect((await admin.call(method, path(`/${entry.entry_id}`, other.id))).status).toBe(404);
    }
    expect((await admin.call('DELETE', path('/not-a-uuid'))).status).toBe(422);
    expect(await statuses()).toEqual([[entry.entry_id, 'in_force']]);
  });
});

describe('the table of entries', () => {
  it('refuses to change, remove or reopen what the ledger may name', async () => {
    const entry = await add({ kind: 'markup', percent: 20 });
    const run = (sql: string): Promise<unknown> => admin.db.query(sql, [entry.entry_id]);
    const refusal = /append-only/;
    await expect(run('UPDATE saas.price_book_entries SET percent = 1 WHERE id = $1')).rejects.toThrow(refusal);
    await expect(run('DELETE FROM saas.price_book_entries WHERE id = $1')).rejects.toThrow(refusal);
    await expect(admin.db.query('TRUNCATE saas.price_book_entries')).rejects.toThrow(refusal);
    await admin.call('DELETE', path(`/${entry.entry_id}`));
    await expect(
      run('UPDATE saas.price_book_entries SET ended_at = NULL, ended_by = NULL WHERE id = $1'),
    ).rejects.toThrow(refusal);
  });
});

describe('GET /api/organizations/{id}/price-book', () => {
  it('pages through the history, newest first, each entry once', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1) {
      // oxlint-disable-next-line no-await-in-loop
      ids.unshift((await add({ kind: index % 2 === 0 ? 'markup' : 'discount', percent: index })).entry_id);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      // oxlint-disable-next-line no-await-in-loop
      const page: Json = await list(`?history=true&limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.entries.map((entry: Json) => entry.entry_id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids);
    expect((await list('?history=true&kind=discount')).entries).toHaveLength(3);
  });

  it('tells the default markup, as the credit accounts of the organization do', async () => {
    const team = `team-of-${organization.id}`;
    await admin.call('POST', '/api/teams/create', { organization_id: organization.id, team_id: team });
    const markupOfTeam = async (): Promise<number> =>
      (await admin.call('GET', `/api/credits/teams/${team}/balance`)).body.cost_markup_percentage;
    expect(await markupOfTeam()).toBe(0);
    await add({ kind: 'markup', percent: 12.34 });
    await add({ kind: 'markup', percent: 99, provider: 'openai' });
    expect((await list()).cost_markup_percentage).toBe(12.34);
    expect(await markupOfTeam()).toBe(12.34);
    const other = await createOrganization();
    const found = await findDefaultMarkups(
      admin.db.manager,
      [organization.customerId, other.customerId],
      new Date(admin.clock.now()),
    );
    expect([...found]).toEqual([
      [organization.customerId, 1_234],
      [other.customerId, 0],
    ]);
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=201', 'limit'],
    ['?limit=1.5', 'limit'],
    ['?cursor=x', 'cursor'],
    ['?history=1', 'history'],
    ['?kind=x', 'kind'],
  ])('answers 422 for %s', async (query, field) => {
    const answer = await admin.call('GET', path(query));
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(['query', field]);
  });

  it('answers 404 for an organization that there is not', async () => {
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/effective?provider=a&model=b'],
      ['POST', ''],
    ] as const) {
      const body = method === 'POST' ? { kind: 'markup', percent: 1 } : undefined;
      // oxlint-disable-next-line no-await-in-loop
      expect((await admin.call(method, path(rest, 'nobody'), body)).status).toBe(404);
      // oxlint-disable-next-line no-await-in-loop
      expect((await admin.call(method, path(rest, '%00'), body)).status).toBe(404);
    }
  });
});

describe('GET /api/organizations/{id}/price-book/effective', () => {
  it('says what a client pays, and which versions say so', async () => {
    const markup = await add({ kind: 'markup', percent: 20 });
    const discount = await add({ kind: 'discount', percent: 10, provider: 'openai' });
    const { body } = await admin.call('GET', path('/effective?provider=OpenAI&model=gpt-4o'));
    expect(body).toMatchObject({
      provider: 'openai',
      model: 'gpt-4o',
      provider_price: { state: 'priced', tiers: [{ input_usd_per_mtok: 2.5, output_usd_per_mtok: 10 }] },
      base_price: { state: 'priced', tiers: [{ input_usd_per_mtok: 2.5, output_usd_per_mtok: 10 }] },
      markup_percent: 20,
      discount_percent: 10,
      factor: 1.08,
      client_price_id: `${markup.client_price_id}+${discount.client_price_id}`,
    });
  });

  it('says what will be paid, and for a model whose provider price nobody knows', async () => {
    await add({ kind: 'override', provider: 'openai', model: 'secret', request_usd: 0.25, effective_from: inHours(1) });
    const at = async (when: string): Promise<Json> =>
      (await admin.call('GET', path(`/effective?provider=openai&model=secret&at=${when}`))).body;
    expect(await at(inHours(0))).toMatchObject({ base_price: { state: 'unknown' }, client_price_id: null, factor: 1 });
    expect(await at(inHours(1))).toMatchObject({
      provider_price: { state: 'unknown', price_id: null },
      base_price: { state: 'priced', request_usd: 0.25 },
      client_price_id: expect.stringMatching(/^book:/),
    });
  });
});

describe('GET /api/prices/catalogue', () => {
  const catalogue = (query: string): Promise<Answer> => admin.call('GET', `/api/prices/catalogue${query}`);

  async function setOverride(provider: string, model: string, inputUsd: number, hours = 0): Promise<void> {
    await admin.db.query(
      `INSERT INTO governance.price_overrides (id, provider, model, effective_from, is_free, input_usd_per_mtok,
         output_usd_per_mtok, created_at, updated_at)
       VALUES (gen_random_uuid(), $1, $2, $3, false, $4, 12.345678, now(), now())`,
      [provider, model, new Date(admin.clock.now() + hours * HOUR_MS), inputUsd],
    );
  }

  it('pages through every bundled price, each model once, sorted', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      // oxlint-disable-next-line no-await-in-loop
      const { status, body }: Answer = await catalogue(`?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      seen.push(...body.prices.map((price: Json) => `${price.provider} ${price.model}`));
      cursor = body.next_cursor;
    }
    expect(seen.length).toBeGreaterThan(1_000);
    expect(seen).toEqual([...new Set(seen)].toSorted());
  });

  it('tells the version and the prices per million tokens as exact numbers', async () => {
    const { body } = await catalogue('?provider=openai&model=gpt-4o-mini');
    expect(body.prices).toEqual([
      {
        provider: 'openai',
        model: 'gpt-4o-mini',
        price_id: `genai-prices@${body.catalogue_version}:openai/gpt-4o-mini`,
        state: 'priced',
        source: 'catalogue',
        effective_from: null,
        replaces_price_id: null,
        request_usd: 0,
        tool_unit_usd: expect.any(Number),
        tiers: [expect.objectContaining({ from_input_tokens: 0, input_usd_per_mtok: 0.15, output_usd_per_mtok: 0.6 })],
      },
    ]);
    expect((await catalogue('?provider=openai&model=gpt-5.4')).body.prices[0].tiers).toHaveLength(2);
  });

  it('shows what operators have set in the place of a bundled price, and models that only they know', async () => {
    await setOverride('openai', 'gpt-4o', 3);
    await setOverride('openai', 'gpt-4o', 4, 1);
    await setOverride('acme', '*', 0.000001);
    const { body } = await catalogue('?provider=openai&model=gpt-4o');
    expect(body.prices[0]).toMatchObject({
      price_id: expect.stringMatching(/^override:/),
      source: 'override',
      effective_from: expect.any(String),
      replaces_price_id: `genai-prices@${body.catalogue_version}:openai/gpt-4o`,
      tiers: [{ input_usd_per_mtok: 3, output_usd_per_mtok: 12.345678 }],
    });
    expect((await catalogue('?provider=acme')).body.prices).toMatchObject([
      { model: '*', source: 'override', tiers: [{ input_usd_per_mtok: 0.000001 }] },
    ]);
    expect((await catalogue('?provider=acme&model=anything')).body.prices).toMatchObject([{ source: 'override' }]);
    expect((await catalogue('?provider=nobody&model=anything')).body.prices).toMatchObject([
      { source: 'none', state: 'unknown', price_id: null, tiers: [] },
    ]);
  });

  it.each(['?limit=0', '?limit=501', '?cursor=x', '?provider=', '?model=%00'])('answers 422 for %s', async (query) => {
    expect((await catalogue(query)).status).toBe(422);
  });
});

describe('access', () => {
  it('lets role user read and nothing else', async () => {
    const user = await createUser(admin, 'user');
    const credential = await login(admin, user.email);
    const entry = await add({ kind: 'markup', percent: 20 });
    const as = (method: 'GET' | 'POST' | 'DELETE', url: string, body?: Json): Promise<Answer> =>
      admin.call(method, url, body, credential);
    expect((await as('GET', path())).status).toBe(200);
    expect((await as('GET', '/api/prices/catalogue?limit=1')).status).toBe(200);
    expect((await as('POST', path(), { kind: 'markup', percent: 1 })).status).toBe(403);
    expect((await as('DELETE', path(`/${entry.entry_id}`))).status).toBe(403);
    expect((await admin.call('GET', path(), undefined, {})).status).toBe(401);
  });
});
