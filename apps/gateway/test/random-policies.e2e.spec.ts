import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCounterId } from '@penstock/domain';
import type { BudgetInput, RateLimitInput } from '@penstock/testing';
import fc from 'fast-check';

import { expectClosedBooks, expectReconciled } from './support/books.js';
import { type Answer, Proof, type Tenant } from './support/proof.js';
import type { CounterWatch } from './support/watch-counters.js';

/** A failure prints its seed; with it, and with more runs, it can be looked for again. */
const SEED = process.env['PENSTOCK_FUZZ_SEED'];
const STORIES = Number(process.env['PENSTOCK_FUZZ_RUNS'] ?? 4);
const CALLS_PER_BURST = 16;
const LEVELS = ['virtual-keys', 'teams', 'customers'] as const;

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
  await proof.simulator.behave({ promptTokens: 20, completionTokens: 10 });
});

afterAll(() => proof?.stop());

type Level = (typeof LEVELS)[number];
type Step =
  | { readonly kind: 'limit'; readonly level: Level; readonly body: Record<string, unknown> }
  | { readonly kind: 'reset' }
  | { readonly kind: 'activity'; readonly isActive: boolean }
  | { readonly kind: 'burst'; readonly isStream: boolean; readonly maxTokens: number };

const duration = fc.constantFrom('700ms', '5s', '1h', '1d');
const budget = fc.record<BudgetInput>(
  { max_limit: fc.constantFrom(0, 0.05, 0.2, 1, 50), reset_duration: duration },
  { requiredKeys: ['max_limit', 'reset_duration'] },
);
const alignedBudget = fc.record<BudgetInput>({
  max_limit: fc.constantFrom(0.1, 2),
  reset_duration: fc.constantFrom('1d', '1M', '3M'),
  calendar_aligned: fc.constant(true),
  rollover_max: fc.constantFrom(0, 0.1),
});
const rateLimit = fc.record<RateLimitInput>({
  request_max_limit: fc.constantFrom(0, 3, 8, 100),
  request_reset_duration: duration,
  token_max_limit: fc.constantFrom(500, 3_000, 1_000_000),
  token_reset_duration: duration,
  output_token_max_limit: fc.constantFrom(100, 100_000),
  output_token_reset_duration: duration,
  concurrent_max_limit: fc.constantFrom(1, 3, 100),
  window_type: fc.constantFrom('fixed', 'sliding'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('limit' as const),
      level: fc.constantFrom(...LEVELS),
      body: fc.oneof(
        budget.map((one) => ({ budget: one })),
        fc.tuple(budget, alignedBudget).map((several) => ({ budgets: several })),
        rateLimit.map((one) => ({ rate_limit: one })),
        fc.constantFrom({ budgets: [] }, { rate_limit: {} }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reset' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('activity' as const), isActive: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('burst' as const),
      isStream: fc.boolean(),
      maxTokens: fc.constantFrom(10, 40),
    }),
  },
);

/** What is in force for a counter, as the operators' own view of all counters has it. */
async function capsOf(tenant: Tenant): Promise<Map<string, bigint>> {
  const { body } = await proof.governance.request('GET', '/debug/counters');
  const counters = body['counters'] as { counter_id: string; entity_id: string; cap: string }[];
  const own = new Set([tenant.id, tenant.teamId, tenant.keyId]);
  return new Map(counters.filter(({ entity_id: id }) => own.has(id)).map((one) => [one.counter_id, BigInt(one.cap)]));
}

async function change(path: string, body: unknown, method = 'PUT'): Promise<void> {
  const answer = await proof.governance.request(method, path, body);
  if (answer.status !== 200) throw new Error(`${method} ${path} was answered ${JSON.stringify(answer)}`);
}

/** Calls at once over both gateways, none of which may take a counter beyond its cap. */
async function burst(
  tenant: Tenant,
  watch: CounterWatch,
  { isStream, maxTokens }: { readonly isStream: boolean; readonly maxTokens: number },
): Promise<Answer[]> {
  // A cap may have been lowered below what was used: then nothing more may be added.
  const before = (await proof.stateOf(tenant.id)).counters;
  const caps = await capsOf(tenant);
  await watch.take();
  const body = { stream: isStream, max_tokens: maxTokens };
  const answers = await Promise.all(
    Array.from({ length: CALLS_PER_BURST }, (_, index) => proof.call(tenant, { gateway: index % 2, body })),
  );
  for (const [counterId, peak] of await watch.take()) {
    const { limitKey } = parseCounterId(counterId);
    // The window may have ended since: the next one of the same limit has the same cap.
    const [, cap] = [...caps].find(([id]) => parseCounterId(id).limitKey === limitKey) ?? [];
    const isWithin = peak <= (before.get(counterId) ?? 0n) || (cap !== undefined && peak <= cap);
    expect({ counterId, peak, cap, before: before.get(counterId), isWithin }).toMatchObject({ isWithin: true });
  }
  return answers;
}

describe('random policies and calls', () => {
  it('never pass a cap, never leave a hold, and every refusal says why', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 16 }), async (story) => {
        const tenant = await proof.createTenant({ key: {}, team: {}, customer: {} });
        const idOf = { 'virtual-keys': tenant.keyId, teams: tenant.teamId, customers: tenant.id };
        // Before any call: a monitor that is opened under traffic confuses its own answers with what it reports.
        const watch = await proof.watchCounters(tenant);
        const answers: Answer[] = [];
        // A change while calls run: the burst after it must keep what it says, the one before must end in peace.
        let running: Promise<Answer[]> = Promise.resolve([]);
        for (const one of story) {
          switch (one.kind) {
            case 'limit':
              await change(`/${one.level}/${idOf[one.level]}`, one.body);
              break;
            case 'reset':
              await change('/usage-reset', { virtual_key_id: tenant.keyId }, 'POST');
              break;
            case 'activity':
              await change(`/virtual-keys/${tenant.keyId}`, { is_active: one.isActive });
              break;
            case 'burst':
              answers.push(...(await running));
              answers.push(...(await burst(tenant, watch, one)));
              running = Promise.all(
                Array.from({ length: 4 }, (_, index) => proof.call(tenant, { gateway: index % 2 })),
              );
              break;
          }
        }
        answers.push(...(await running));
        await watch.stop();
        await expectClosedBooks(proof, tenant, answers);
        for (const answer of answers.filter(({ status }) => status !== 200)) {
          expect([402, 403, 429]).toContain(answer.status);
          expect(JSON.parse(answer.text)).toMatchObject({ error: expect.any(String), remedy: expect.any(String) });
        }
      }),
      { numRuns: STORIES, endOnFailure: true, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    await expectReconciled(proof);
  }, 300_000);
});
