import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { simulated, type UsageEventRow, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled } from './support/books.js';
import { Proof, ROOMY, type Tenant } from './support/proof.js';

let proof: Proof;
let count = 0;

beforeAll(async () => {
  proof = await Proof.start({ admin: true });
});

afterAll(() => proof?.stop());

/** What an operator's request answers. */
type Answer = Readonly<Record<string, string>>;

async function asOperator(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${proof.stack.adminUrl}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-admin-key': proof.stack.masterKey },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
  return JSON.parse(text) as Answer;
}

/** An organization whose customer has a team with a key. */
interface Client extends Tenant {
  readonly organizationId: string;
  /** Adds an entry to the price book; its id in the ledger. */
  price(body: object): Promise<string>;
}

async function createClient(limits: object = ROOMY): Promise<Client> {
  count += 1;
  const label = `client${count}-`;
  const organizationId = `${label}${process.pid}`;
  const { customer_id: id = '' } = await asOperator('POST', '/organizations/create', {
    organization_id: organizationId,
    name: organizationId,
  });
  const team = await proof.governance.createTeam({ name: organizationId, customer_id: id });
  const key = await proof.governance.createVirtualKey({ name: organizationId, team_id: team.id, ...limits });
  return {
    label,
    id,
    teamId: team.id,
    keyId: key.id,
    key: key.value,
    organizationId,
    price: async (body) =>
      (await asOperator('POST', `/organizations/${organizationId}/price-book`, body))['client_price_id'] ?? '',
  };
}

/** 1,001 tokens in and 333 out: 2,333,000 nano-dollars at the prices of the model. */
const USED = simulated({ promptTokens: 1_001, cachedTokens: 0, completionTokens: 333, reasoningTokens: 0 });
const COST = '2333000';

async function call(client: Client, gateway = 0, body: object = {}): Promise<void> {
  const answer = await proof.call(client, { gateway, body: { messages: USED, max_tokens: 400, ...body } });
  if (answer.status !== 200) throw new Error(`the call was answered ${answer.status}: ${answer.text}`);
}

/** What the ledger says of all calls, oldest first: provider's cost, its price, client's cost, its price. */
async function bookOf(client: Client): Promise<(string | null)[][]> {
  await proof.settled(client);
  const events = await proof.ledger.events(client.id);
  return events.map(({ cost_nano_usd, price_id, client_cost_nano_usd, client_price_id }) => [
    cost_nano_usd,
    price_id?.replace(/:.*/, '') ?? null,
    client_cost_nano_usd,
    client_price_id,
  ]);
}

describe('the costs of a call', () => {
  it('are both recorded to the nano-dollar, with the versions of both prices, under every kind of entry', async () => {
    const client = await createClient();
    await call(client);
    const markup = await client.price({ kind: 'markup', percent: 20 });
    await call(client, 1);
    const discount = await client.price({ kind: 'discount', percent: 10, provider: 'openai' });
    await call(client);
    const override = await client.price({
      kind: 'override',
      provider: 'openai',
      model: 'proof',
      input_usd_per_mtok: 3.3,
      output_usd_per_mtok: '12.000001',
    });
    await call(client, 1);
    const flat = await client.price({ kind: 'override', provider: 'openai', model: 'proof', request_usd: 0.005 });
    await call(client);

    // 1,001 x 3,300 + 333 x 12,000.001 = 7,299,300.333 nano-dollars, of which 10 % are taken off before rounding.
    expect(await bookOf(client)).toEqual([
      [COST, 'override', COST, null],
      [COST, 'override', '2799600', markup],
      [COST, 'override', '2519640', `${markup}+${discount}`],
      [COST, 'override', '6569370', `${override}+${discount}`],
      [COST, 'override', '4500000', `${flat}+${discount}`],
    ]);
    const sums = await proof.ledger.query<{ cost: string; client_cost: string }>(
      `SELECT sum(cost_nano_usd) AS cost, sum(client_cost_nano_usd) AS client_cost FROM ledger.usage_daily
       WHERE tenant_id = $1`,
      [client.id],
    );
    expect(sums).toEqual([
      { cost: '11665000', client_cost: String(2_333_000 + 2_799_600 + 2_519_640 + 6_569_370 + 4_500_000) },
    ]);
    await expectClosedBooks(proof, client, []);
  });

  it('stay what they were when the book changes in the middle of a stream', async () => {
    const client = await createClient();
    const before = await client.price({ kind: 'markup', percent: 20 });
    const streamed = simulated({
      promptTokens: 1_001,
      cachedTokens: 0,
      completionTokens: 333,
      reasoningTokens: 0,
      chunks: 10,
      chunkIntervalMs: 100,
    });
    const response = await proof.open(client, { body: { stream: true, messages: streamed, max_tokens: 400 } });
    const reader = response.body!.getReader();
    await reader.read();
    const after = await client.price({ kind: 'markup', percent: 50 });
    await call(client, 1);
    while (!(await reader.read()).done);
    await proof.settled(client);

    const events = await proof.ledger.events(client.id);
    const paid = (isStream: boolean): (string | null | undefined)[] => {
      const event = events.find((one) => one.is_stream === isStream);
      return [event?.client_cost_nano_usd, event?.client_price_id];
    };
    expect(paid(true)).toEqual(['2799600', before]);
    expect(paid(false)).toEqual(['3499500', after]);
  });

  it('of an organization do not depend on the book of another', async () => {
    const [one, other] = [await createClient(), await createClient()];
    await one.price({ kind: 'markup', percent: 100 });
    await call(other);
    await call(one);
    expect((await bookOf(other))[0]).toEqual([COST, 'override', COST, null]);
    expect((await bookOf(one))[0]?.[2]).toBe('4666000');
  });
});

describe('an entry that begins and ends in the future', () => {
  it('takes effect at its moments on every gateway that knows the key already, without a change of policy', async () => {
    const client = await createClient();
    const fromMs = Date.now() + 2_000;
    const untilMs = fromMs + 1_000;
    const at = (ms: number): string => new Date(ms).toISOString();
    const id = await client.price({
      kind: 'markup',
      percent: 20,
      effective_from: at(fromMs),
      effective_until: at(untilMs),
    });
    for (const gateway of [0, 1]) await call(client, gateway);
    const epoch = await proof.redis.hget(tenantKeys(client.id).counters, EPOCH_FIELD);
    await waitFor(
      async () => {
        await Promise.all([call(client, 0), call(client, 1)]);
        return Date.now() > untilMs + 300 ? true : undefined;
      },
      { what: 'the entry to be over', intervalMs: 20, timeoutMs: 30_000 },
    );
    expect(await proof.redis.hget(tenantKeys(client.id).counters, EPOCH_FIELD)).toBe(epoch);

    await proof.settled(client);
    const events = await proof.ledger.query<UsageEventRow & { started_at: Date }>(
      'SELECT * FROM ledger.usage_events WHERE tenant_id = $1 ORDER BY started_at',
      [client.id],
    );
    const isIn = ({ started_at }: { started_at: Date }): boolean =>
      started_at.getTime() >= fromMs && started_at.getTime() < untilMs;
    for (const event of events) {
      const expected = isIn(event) ? ['2799600', id] : [COST, null];
      expect([event.client_cost_nano_usd, event.client_price_id]).toEqual(expected);
    }
    expect(events.filter(isIn).length).toBeGreaterThan(3);
    expect(events.filter((event) => event.started_at.getTime() >= untilMs).length).toBeGreaterThan(1);
  });
});

describe('a model whose price nobody knows', () => {
  const body = { model: 'openai/nobody-priced-this' };
  const override = { kind: 'override', provider: 'openai', model: 'nobody-priced-this', request_usd: 0.01 };

  it('has a known client price where the price book has one', async () => {
    const client = await createClient({});
    await client.price({ kind: 'markup', percent: 20 });
    await call(client, 0, body);
    const id = await client.price(override);
    await call(client, 0, body);
    const [unpriced, priced] = await bookOf(client);
    expect(unpriced?.slice(0, 3)).toEqual(['0', null, '0']);
    expect(priced).toEqual(['0', null, '10000000', id]);
  });

  it('is refused to a team whose credits are counted in dollars, unless the price book has a price', async () => {
    const client = await createClient({});
    await proof.ledger.query(
      `INSERT INTO ledger.credit_accounts (id, kind, tenant_id, governance_team_id, team_id, organization_id, budget_mode,
         credits_per_dollar, tokens_per_credit, allocated_credits, used_credits, overdraft_credits, auto_refill,
         created_at, updated_at)
       VALUES ($1, 'team', $2, $3, $4, $5, 'consumption_usd', 1000, 10000, 0, 0, 1000, false, now(), now())`,
      [randomUUID(), client.id, client.teamId, client.label, client.organizationId],
    );
    await client.price({ kind: 'markup', percent: 20 });
    const refused = await proof.call(client, { body });
    expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('model_unpriced')]);
    await client.price(override);
    await call(client, 0, body);
    await proof.settled(client);
    const [event] = await proof.ledger.events(client.id);
    // A cent at 1,000 credits for a dollar.
    expect(event).toMatchObject({ client_cost_nano_usd: '10000000', credits: '10' });
  });
});

describe('an alias with a price of its own', () => {
  it('is what clients pay that call by it, unless the price book has a price for exactly its model', async () => {
    const client = await createClient({});
    const name = `alias-of-${client.organizationId}`;
    await asOperator('POST', '/models/create', {
      model_alias: name,
      display_name: name,
      provider: 'openai',
      actual_model: 'proof',
      pricing_input: 30,
      pricing_output: 60,
    });
    await asOperator('POST', '/model-access-groups/create', {
      group_name: name,
      display_name: name,
      model_aliases: [name],
    });
    const { virtual_key: key = '' } = await asOperator('POST', '/teams/create', {
      organization_id: client.organizationId,
      team_id: name,
      access_groups: [name],
      credits_allocated: 100,
      budget_mode: 'consumption_usd',
    });
    const team = { ...client, key };
    const body = { model: name };
    await client.price({ kind: 'markup', percent: 20 });
    await call(team, 0, body);
    await call(team, 1, { model: 'openai/proof' });
    const discount = await client.price({ kind: 'discount', percent: 50 });
    await call(team, 1, body);
    const exact = await client.price({ kind: 'override', provider: 'openai', model: 'proof', request_usd: 0.5 });
    await call(team, 0, body);

    // 1,001 x 30,000 + 333 x 60,000 nano-dollars; 10 credits for a dollar.
    const book = await bookOf(client);
    expect(book.map(([, , paid, id]) => [paid, id?.replace(name, 'alias')])).toEqual([
      ['50010000', 'alias:30/60:alias'],
      ['2799600', expect.stringMatching(/^book:/)],
      ['25005000', `alias:30/60:alias+${discount}`],
      ['250000000', `${exact}+${discount}`],
    ]);
    const events = await proof.ledger.events(client.id);
    expect(events.map(({ model_requested, credits }) => [model_requested === name, credits])).toEqual([
      [true, '1'],
      [false, '1'],
      [true, '1'],
      [true, '2'],
    ]);
  });
});

describe('the books', () => {
  it('agree with the counters, whatever clients pay', () => expectReconciled(proof));
});
