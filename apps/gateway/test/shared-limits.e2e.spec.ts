import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCounterId } from '@penstock/domain';
import { simulated, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { type Callers, type CallCost, measureCall, oneKey, post, threeKeys } from './support/limit-cases.js';
import { type Answer, Proof, type Tenant } from './support/proof.js';

const CALLS = 50;
/** Long enough for all the others to be refused meanwhile. */
const LONG_CALL_MS = 5_000;

let proof: Proof;
let one: CallCost;

beforeAll(async () => {
  proof = await Proof.start();
  one = await measureCall(proof);
});

afterAll(() => proof?.stop());

const day = (max_limit: number) => ({ max_limit, reset_duration: '1d' });

async function race({ tenant, keys }: Callers, body: Record<string, unknown> = {}): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: CALLS }, (_, index) => {
      const key = keys[index % keys.length] as string;
      return proof.call({ ...tenant, key }, { gateway: index % 2, body });
    }),
  );
}

function codesOf(answers: readonly Answer[]): string[] {
  const refused = answers.filter((answer) => !isWhole(answer));
  return [...new Set(refused.map(({ text }) => String((JSON.parse(text) as { code?: unknown }).code)))];
}

interface Case {
  readonly name: string;
  readonly create: () => Promise<Callers>;
  readonly code: string;
  /** Who decides. */
  readonly entity: string;
}

const modelConfig = async (callers: Callers, owner: Record<string, string>, provider?: string): Promise<Callers> => {
  await post(proof, '/model-configs', 'model_config', { model: 'proof', provider, ...owner, budget: day(one.cents) });
  return callers;
};

const share = async (members: (keys: Awaited<ReturnType<typeof threeKeys>>) => object): Promise<Callers> => {
  const callers = await threeKeys(proof);
  await post(proof, '/budgets', 'budget', { name: 'shared', ...day(one.cents), ...members(callers) });
  return callers;
};

const CASES: readonly Case[] = [
  {
    name: 'a budget that three keys of two teams share',
    create: () => share(({ keyIds }) => ({ virtual_key_ids: keyIds })),
    code: 'budget_exceeded',
    entity: 'shared_budget',
  },
  {
    name: 'a budget that a key and two teams share, one of them its own',
    create: () =>
      share(({ keyIds, tenant, teamId }) => ({
        virtual_key_ids: keyIds.slice(0, 1),
        team_ids: [tenant.teamId, teamId],
      })),
    code: 'budget_exceeded',
    entity: 'shared_budget',
  },
  {
    name: 'the budget of a provider of a key',
    create: async () => {
      const callers = await oneKey(proof, {});
      await proof.governance.updateVirtualKey(callers.tenant.keyId, {
        provider_configs: [{ provider: 'openai', budget: day(one.cents) }],
      });
      return callers;
    },
    code: 'budget_exceeded',
    entity: 'provider_config',
  },
  {
    name: 'the budget of a model of a key',
    create: async () => {
      const callers = await oneKey(proof, {});
      return modelConfig(callers, { virtual_key_id: callers.tenant.keyId }, 'openai');
    },
    code: 'budget_exceeded',
    entity: 'model_config',
  },
  {
    name: 'the budget of a model of a customer, over three keys of two teams',
    create: async () => {
      const callers = await threeKeys(proof);
      return modelConfig(callers, { customer_id: callers.tenant.id });
    },
    code: 'budget_exceeded',
    entity: 'model_config',
  },
  {
    name: 'the smaller of a day and a month: the day',
    create: () => oneKey(proof, { budgets: [day(one.cents), { max_limit: 10 * one.cents, reset_duration: '1M' }] }),
    code: 'budget_exceeded',
    entity: 'virtual_key',
  },
  {
    name: 'the smaller of a day and a month: the month',
    create: () => oneKey(proof, { budgets: [day(10 * one.cents), { max_limit: one.cents, reset_duration: '1M' }] }),
    code: 'budget_exceeded',
    entity: 'virtual_key',
  },
  {
    name: 'input tokens',
    create: () =>
      oneKey(proof, { rate_limit: { input_token_max_limit: one.inputTokens, input_token_reset_duration: '1d' } }),
    code: 'token_limited',
    entity: 'virtual_key',
  },
  {
    name: 'output tokens',
    create: () =>
      oneKey(proof, { rate_limit: { output_token_max_limit: one.outputTokens, output_token_reset_duration: '1d' } }),
    code: 'token_limited',
    entity: 'virtual_key',
  },
  {
    name: 'requests in a sliding window',
    create: () =>
      oneKey(proof, { rate_limit: { request_max_limit: 1, request_reset_duration: '1d', window_type: 'sliding' } }),
    code: 'request_limited',
    entity: 'virtual_key',
  },
];

describe('room for one call, 50 at once over two gateways', () => {
  it.each(CASES)('$name: exactly one is admitted', async ({ create, code, entity }) => {
    const callers = await create();
    const answers = await race(callers);

    await expectClosedBooks(proof, callers.tenant, answers);
    expect(answers.filter(isWhole)).toHaveLength(1);
    expect(await proof.simulator.entriesOf(callers.tenant.label)).toHaveLength(1);
    expect(codesOf(answers)).toEqual([code]);
    const refused = answers.find((answer) => !isWhole(answer));
    expect(JSON.parse(refused?.text ?? '')).toMatchObject({ decided_by: { entity, decides: true } });
  });

  it('concurrent requests: exactly one runs, and its place is free when it has ended', async () => {
    const callers = await oneKey(proof, { rate_limit: { concurrent_max_limit: 1 } });
    const answers = await race(callers, { messages: simulated({ latencyMs: LONG_CALL_MS }) });

    expect(answers.filter(isWhole)).toHaveLength(1);
    expect(codesOf(answers)).toEqual(['concurrency_limited']);
    expect((await proof.call(callers.tenant)).status).toBe(200);
    await proof.settled(callers.tenant);
  });
});

describe('a raised budget', () => {
  const budgetOf = async ({ keyId }: Tenant) => (await proof.governance.getVirtualKey(keyId)).budget as { id: string };

  it('has room for exactly what was added, and none of it when the raise is ended', async () => {
    const callers = await oneKey(proof, { budget: day(one.cents) });
    const { id } = await budgetOf(callers.tenant);
    const ends_at = new Date(Date.now() + 3_600_000).toISOString();
    await post(proof, `/budgets/${id}/raises`, 'raise', { amount: one.cents, ends_at });
    const first = await race(callers);
    expect(first.filter(isWhole)).toHaveLength(2);

    const unused = await post(proof, `/budgets/${id}/raises`, 'raise', { amount: one.cents, ends_at });
    expect((await proof.governance.request('DELETE', `/budgets/${id}/raises/${unused.id}`)).status).toBe(200);
    const second = await race(callers);
    expect(second.filter(isWhole)).toHaveLength(0);
    await expectClosedBooks(proof, callers.tenant, [...first, ...second]);
  });

  it('admits calls exactly until the raise ends by the clock', async () => {
    const callers = await oneKey(proof, { budget: day(one.cents) });
    const { id } = await budgetOf(callers.tenant);
    const endMs = Date.now() + 2_000;
    const ends_at = new Date(endMs).toISOString();
    await post(proof, `/budgets/${id}/raises`, 'raise', { amount: 1_000_000 * one.cents, ends_at });

    const answers: Answer[] = [];
    let last: Answer;
    do {
      const startedMs = Date.now();
      last = await proof.call(callers.tenant, { gateway: answers.length % 2 });
      answers.push(last);
      if (isWhole(last)) expect(startedMs).toBeLessThan(endMs);
      else expect(Date.now()).toBeGreaterThanOrEqual(endMs);
    } while (isWhole(last));

    expect(answers.length).toBeGreaterThan(2);
    expect(codesOf(answers)).toEqual(['budget_exceeded']);
    await expectClosedBooks(proof, callers.tenant, answers);
  });
});

describe('windows', () => {
  it('take over what the one before has left, up to what the rollover allows', async () => {
    // Room for two a window, and for one more that was left.
    const budget = { max_limit: 2 * one.cents, reset_duration: '5s', rollover_max: one.cents };
    const callers = await oneKey(proof, { budget });
    const first = await proof.call(callers.tenant);
    const budgetNow = async () => (await proof.governance.getVirtualKey(callers.tenant.keyId)).budget;
    const start = (await budgetNow())?.last_reset;
    await waitFor(async () => (await budgetNow())?.last_reset !== start, {
      what: 'the next window',
      timeoutMs: 10_000,
    });
    const answers = [first, ...(await race(callers))];

    const events = await expectClosedBooks(proof, callers.tenant, answers);
    // Of the budgets on the path only that of the key has had more than one window.
    const charged = events.flatMap(({ counters }) => counters).filter((id) => parseCounterId(id).unit === 'nano_usd');
    const ofLimits = Map.groupBy(charged, (id) => parseCounterId(id).limitKey);
    const ofKey = [...ofLimits.values()].find((ids) => new Set(ids).size > 1) ?? [];
    const perWindow = Map.groupBy(ofKey, (id) => id);
    expect([...perWindow.values()].map((list) => list.length)).toEqual([1, 3]);
  });

  it('that follow the calendar go on counting when the tenant gets another one', async () => {
    const callers = await oneKey(proof, { budget: { ...day(2 * one.cents), calendar_aligned: true } });
    const first = await proof.call(callers.tenant);
    expect(isWhole(first)).toBe(true);
    const settings = { time_zone: 'Asia/Kolkata', fiscal_year_start_month: 4 };
    expect((await proof.governance.request('PUT', `/tenants/${callers.tenant.id}`, settings)).status).toBe(200);

    const answers = await race(callers);
    await expectClosedBooks(proof, callers.tenant, [first, ...answers]);
    expect(answers.filter(isWhole)).toHaveLength(1);
  });
});

it('and the books of all of it are closed', () => expectReconciled(proof));
