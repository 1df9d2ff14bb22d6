import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@penstock/testing';

import { ContractClient, type Json, UNKNOWN_ID } from './support/contract-client.js';
import { BUDGET } from './support/entities.js';

/** Room for every call that these tests make. */
const ROOMY = {
  budget: { max_limit: 1_000, reset_duration: '1h' },
  rate_limit: {
    token_max_limit: 1_000_000,
    token_reset_duration: '1h',
    request_max_limit: 1_000,
    request_reset_duration: '1h',
  },
};

let client: ContractClient;

beforeAll(async () => {
  client = await ContractClient.start({ env: { PENSTOCK_STORE_DEADLINE_MS: '5000' } });
});
afterEach(() => client.cleanUp());
afterAll(() => client?.stop());

const monitor = async (path: string): Promise<Json> => client.success(await client.call('GET', path), 200);
const statOf = async (id: string): Promise<Json> => (await monitor(`/usage-stats?virtual_key_id=${id}`)).usage_stats;
const reset = async (body: Json): Promise<Json> => client.call('POST', '/usage-reset', body);

describe('GET /usage-stats', () => {
  it('is an object with one stat per limited key, in the shape that the UI of the contract reads', async () => {
    const key = await client.create('virtual-keys', ROOMY);
    const all = await monitor('/usage-stats');

    expect(Array.isArray(all)).toBe(false);
    const stat = all.usage_stats.find((one: Json) => one.virtual_key_id === key.id);
    expect(stat).toMatchObject({ virtual_key_id: key.id, tokens_current_usage: 0, requests_current_usage: 0 });
    for (const field of ['tokens_last_reset', 'requests_last_reset']) {
      expect(Number.isNaN(Date.parse(stat[field]))).toBe(false);
    }
    expect(await monitor(`/usage-stats?virtual_key_id=${key.id}`)).toEqual({
      virtual_key_id: key.id,
      usage_stats: stat,
    });
  });

  it('says what a call used, as the key itself, its budget, its rate limit and the counters do', async () => {
    const key = await client.create('virtual-keys', ROOMY);
    const { usage } = client.success(await client.chat(key.value), 200);

    const stat = await statOf(key.id);
    expect(stat).toMatchObject({ tokens_current_usage: usage.total_tokens, requests_current_usage: 1 });
    expect(stat.budget_current_usage).toBeGreaterThan(0);
    const read = await client.get('virtual-keys', key.id);
    expect(read.budget.current_usage).toBe(stat.budget_current_usage);
    expect(read.rate_limit).toMatchObject({
      token_current_usage: usage.total_tokens,
      request_current_usage: 1,
    });
    const { budgets } = await monitor('/budgets');
    expect(budgets.find(({ id }: Json) => id === key.budget_id)).toMatchObject(read.budget);
    const { rate_limits } = await monitor('/rate-limits');
    expect(rate_limits.find(({ id }: Json) => id === key.rate_limit_id)).toMatchObject(read.rate_limit);
    const { counters } = await monitor('/debug/counters');
    const used = counters.filter((one: Json) => one.entity_id === key.id).map((one: Json) => [one.unit, one.used]);
    expect(Object.fromEntries(used)).toMatchObject({ requests: '1', tokens: String(usage.total_tokens) });
  });

  it('of a key that nobody knows is 404', async () => {
    client.refusal(await client.call('GET', `/usage-stats?virtual_key_id=${UNKNOWN_ID}`), 404);
  });
});

describe('POST /usage-reset', () => {
  it.each<[what: string, limits: Json, status: number]>([
    ['requests', { rate_limit: { request_max_limit: 2, request_reset_duration: '1h' } }, 429],
    ['tokens', { rate_limit: { token_max_limit: 300, token_reset_duration: '1h' } }, 429],
    ['money', { budget: { max_limit: 1, reset_duration: '1h' } }, 402],
  ])('zeroes used %s, and the very next call is served', async (_what, limits, status) => {
    const key = await client.create('virtual-keys', limits);
    client.success(await client.chat(key.value), 200);
    await waitFor(async () => (await client.chat(key.value)).status === status, { what: 'the limit to be used up' });
    const other = await client.create('virtual-keys', limits);
    client.success(await client.chat(other.value), 200);

    const answer = await reset({ virtual_key_id: key.id, provider: 'openai', model: 'gpt-4' });
    expect(client.success(answer, 200).message.toLowerCase()).toContain('successfully');
    const { budget, rate_limit } = await client.get('virtual-keys', key.id);
    expect(budget?.current_usage ?? 0).toBe(0);
    expect(rate_limit ?? { token_current_usage: 0, request_current_usage: 0 }).toMatchObject({
      token_current_usage: 0,
      request_current_usage: 0,
    });
    client.success(await client.chat(key.value), 200);
    const { budget: ofOther, rate_limit: alsoOfOther } = await client.get('virtual-keys', other.id);
    const used = [ofOther?.current_usage, alsoOfOther?.request_current_usage, alsoOfOther?.token_current_usage];
    expect(used.some((amount) => amount > 0)).toBe(true);
  });

  it.each<[body: Json, status: number]>([
    [{ virtual_key_id: UNKNOWN_ID }, 404],
    [{}, 400],
    [{ virtual_key_id: 5 }, 400],
    [{ virtual_key_id: UNKNOWN_ID, provider: 5 }, 400],
  ])('of %j is %i', async (body, status) => {
    client.refusal(await reset(body), status);
  });
});

describe('budgets and rate limits by their own id', () => {
  it.each([
    ['budgets', 'budget', { max_limit: 7 }],
    ['rate-limits', 'rate_limit', { token_max_limit: 7 }],
  ] as const)('%s: read, changed in part, removed; the key shows it', async (path, entity, change) => {
    const key = await client.create('virtual-keys', ROOMY);
    const at = `/${path}/${key[entity].id}`;

    expect((await monitor(at))[entity]).toMatchObject({ ...key[entity], virtual_key_id: key.id });
    const changed = client.success(await client.call('PUT', at, change), 200)[entity];
    expect(changed).toMatchObject({ ...key[entity], ...change, updated_at: changed.updated_at });
    expect((await client.get('virtual-keys', key.id))[entity]).toMatchObject(change);
    client.refusal(await client.call('PUT', at, { [Object.keys(change)[0] ?? '']: '7' }), 400);
    client.success(await client.call('DELETE', at), 200);
    expect(await client.get('virtual-keys', key.id)).not.toHaveProperty(entity);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      client.refusal(await client.call(method, at, method === 'PUT' ? change : undefined), 404);
    }
  });
});

describe('the debug endpoints', () => {
  it('stats: counts as the UI of the contract names them, and they follow what happens', async () => {
    const before = await monitor('/debug/stats');
    const key = await client.create('virtual-keys', ROOMY);
    await client.create('teams');
    await client.create('customers');
    client.success(await client.chat(key.value), 200);

    const after = await monitor('/debug/stats');
    expect(Object.keys(after)).toEqual(expect.arrayContaining(['plugin_stats', 'database_stats', 'timestamp']));
    const grown = (name: string): number => after.database_stats[name] - before.database_stats[name];
    for (const name of ['virtual_keys', 'teams', 'customers', 'budgets', 'rate_limits']) {
      expect([name, grown(`${name}_count`)]).toEqual([name, 1]);
    }
    expect(grown('audit_logs_count')).toBe(3);
    await waitFor(
      async () => {
        const { database_stats } = await monitor('/debug/stats');
        return database_stats.usage_tracking_count > before.database_stats.usage_tracking_count;
      },
      { what: 'the call to be in the ledger' },
    );
  });

  it('counters: a list with its count and a time', async () => {
    await client.create('virtual-keys', ROOMY);
    const { counters, count, timestamp } = await monitor('/debug/counters');
    expect(count).toBe(counters.length);
    expect(count).toBeGreaterThan(0);
    expect(Number.isNaN(Date.parse(timestamp))).toBe(false);
  });

  it('health: healthy, with a check of each store', async () => {
    const { status, timestamp, checks } = await monitor('/debug/health');
    expect(status).toBe('healthy');
    expect(Number.isNaN(Date.parse(timestamp))).toBe(false);
    expect(Object.values(checks).length).toBeGreaterThan(1);
    for (const check of Object.values<Json>(checks)) expect(check.status).toBe('healthy');
  });

  it.each(['/usage-stats', '/debug/stats', '/debug/counters', '/debug/health', '/budgets', '/rate-limits'])(
    '%s is for operators',
    async (path) => {
      client.refusal(await client.call('GET', path, undefined, {}), 401);
    },
  );
});

/** The error of a refused chat call: a sentence and a type, status in the body as well. */
function refused(answer: Json, status: number, type: string): string {
  expect([answer.status, answer.body.type, answer.body.status_code]).toEqual([status, type, status]);
  return client.refusal(answer, status);
}

describe('x-bf-vk decides on POST /v1/chat/completions', () => {
  it('a key that was made a moment ago: 200 with choices', async () => {
    const key = await client.create('virtual-keys');
    for (const model of ['gpt-4', 'openai/gpt-4', 'gpt-4o-mini']) {
      const { choices } = client.success(await client.chat(key.value, { model }), 200);
      expect(choices.length).toBeGreaterThan(0);
    }
  });

  it('as a stream: data lines to the end', async () => {
    const key = await client.create('virtual-keys', ROOMY);
    const answer = await client.chat(key.value, { stream: true });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const lines = answer.text.split('\n').filter((line) => line !== '');
    expect(lines.every((line) => line.startsWith('data: '))).toBe(true);
    expect(lines.at(-1)).toBe('data: [DONE]');
    expect(await statOf(key.id)).toMatchObject({ requests_current_usage: 1 });
    expect((await statOf(key.id)).tokens_current_usage).toBeGreaterThan(0);
  });

  it('no header at all is 400, an empty one too', async () => {
    const { body, status } = await client.chat(undefined);
    expect([status, body.error.code]).toEqual([400, 'virtual_key_required']);
    client.refusal(await client.chat(''), 400);
  });

  it('a value that nobody knows', async () => {
    refused(await client.chat('sk-bf-nobody'), 403, 'virtual_key_not_found');
    refused(await client.chat(UNKNOWN_ID), 403, 'virtual_key_not_found');
  });

  it('a key that is switched off, from the very next call on, and on again', async () => {
    const key = await client.create('virtual-keys');
    client.success(await client.chat(key.value), 200);
    await client.update('virtual-keys', key.id, { is_active: false });
    refused(await client.chat(key.value), 403, 'virtual_key_blocked');
    await client.update('virtual-keys', key.id, { is_active: true });
    client.success(await client.chat(key.value), 200);
  });

  it('a key that is deleted, from the very next call on', async () => {
    const key = await client.create('virtual-keys');
    client.success(await client.chat(key.value), 200);
    client.success(await client.call('DELETE', `/virtual-keys/${key.id}`), 200);
    refused(await client.chat(key.value), 403, 'virtual_key_not_found');
  });

  it('a model that is not allowed, compared with the part after the slash', async () => {
    const key = await client.create('virtual-keys', { allowed_models: ['gpt-4'] });
    client.success(await client.chat(key.value, { model: 'openai/gpt-4' }), 200);
    refused(await client.chat(key.value, { model: 'openai/gpt-4o' }), 403, 'model_blocked');
    refused(await client.chat(key.value, { model: 'GPT-4' }), 403, 'model_blocked');
    await client.update('virtual-keys', key.id, { allowed_models: [] });
    client.success(await client.chat(key.value, { model: 'openai/gpt-4o' }), 200);
  });

  it('a provider that is not allowed, also when only the name of the model tells it', async () => {
    const key = await client.create('virtual-keys', { allowed_providers: ['openai'] });
    client.success(await client.chat(key.value), 200);
    for (const model of ['claude-3-5-sonnet-20240620', 'anthropic/claude-3-5-sonnet-20240620']) {
      refused(await client.chat(key.value, { model }), 403, 'provider_blocked');
    }
  });

  it('of model and provider that are both not allowed names the model', async () => {
    const key = await client.create('virtual-keys', { allowed_models: ['gpt-4'], allowed_providers: ['openai'] });
    refused(await client.chat(key.value, { model: 'anthropic/claude-3-5-sonnet-20240620' }), 403, 'model_blocked');
  });

  describe.each([false, true])('limits, stream: %j', (stream) => {
    it('tokens: 429 that speaks of tokens', async () => {
      const rate_limit = { token_max_limit: 5, token_reset_duration: '1h' };
      const key = await client.create('virtual-keys', { rate_limit });
      expect(refused(await client.chat(key.value, { stream }), 429, 'token_limited')).toContain('token');
    });

    it('requests: 429 that speaks of a rate', async () => {
      const rate_limit = { request_max_limit: 1, request_reset_duration: '1h' };
      const key = await client.create('virtual-keys', { rate_limit });
      expect((await client.chat(key.value, { stream })).status).toBe(200);
      expect(refused(await client.chat(key.value, { stream }), 429, 'request_limited')).toContain('rate');
    });

    it('both: 429', async () => {
      const rate_limit = {
        token_max_limit: 0,
        token_reset_duration: '1h',
        request_max_limit: 0,
        request_reset_duration: '1h',
      };
      const key = await client.create('virtual-keys', { rate_limit });
      expect(refused(await client.chat(key.value, { stream }), 429, 'rate_limited')).toMatch(/token|rate/);
    });

    it.each([0, 0.001])('a budget of %p cents: 402 that speaks of a budget', async (max_limit) => {
      const key = await client.create('virtual-keys', { budget: { max_limit, reset_duration: '1h' } });
      expect(refused(await client.chat(key.value, { stream }), 402, 'budget_exceeded')).toContain('budget');
      expect((await client.get('virtual-keys', key.id)).budget.current_usage).toBe(0);
    });

    it.each(['team', 'customer'] as const)('the budget of the %s above the key: 402', async (level) => {
      const empty = { max_limit: 0, reset_duration: '1h' };
      const customer = await client.create('customers', { budget: level === 'customer' ? empty : BUDGET });
      const team = await client.create('teams', {
        customer_id: customer.id,
        budget: level === 'team' ? empty : BUDGET,
      });
      const key = await client.create('virtual-keys', { team_id: team.id, ...ROOMY });
      expect(refused(await client.chat(key.value, { stream }), 402, 'budget_exceeded')).toContain('budget');
      expect(await statOf(key.id)).toMatchObject({ requests_current_usage: 0, budget_current_usage: 0 });
    });
  });

  it('the greatest limits there are admit a call', async () => {
    const body = `{"name":"greatest","budget":{"max_limit":9223372036854775807,"reset_duration":"1M"},
      "rate_limit":{"token_max_limit":9223372036854775807,"token_reset_duration":"1h",
      "request_max_limit":9223372036854775807,"request_reset_duration":"1h"}}`;
    const key = client.success(await client.call('POST', '/virtual-keys', body), 201).virtual_key;
    client.success(await client.chat(key.value), 200);
    client.success(await client.call('DELETE', `/virtual-keys/${key.id}`), 200);
  });

  it('a raised limit and a lowered one govern the very next call', async () => {
    const key = await client.create('virtual-keys', {
      rate_limit: { request_max_limit: 1, request_reset_duration: '1h' },
    });
    client.success(await client.chat(key.value), 200);
    refused(await client.chat(key.value), 429, 'request_limited');
    await client.update('virtual-keys', key.id, { rate_limit: { request_max_limit: 2 } });
    client.success(await client.chat(key.value), 200);
    await client.update('virtual-keys', key.id, { rate_limit: { request_max_limit: 1 } });
    refused(await client.chat(key.value), 429, 'request_limited');
  });

  it('ten at once against room for three: three are served', async () => {
    const key = await client.create('virtual-keys', {
      rate_limit: { request_max_limit: 3, request_reset_duration: '1h' },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.chat(key.value)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
  });

  it('a window of a second ends', async () => {
    const key = await client.create('virtual-keys', {
      rate_limit: { request_max_limit: 1, request_reset_duration: '1s' },
    });
    client.success(await client.chat(key.value), 200);
    await waitFor(async () => (await client.chat(key.value)).status === 200, { what: 'room in the next window' });
  });
});
