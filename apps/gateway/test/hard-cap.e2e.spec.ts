import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCounterId } from '@penstock/domain';
import { simulated } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { Load } from './support/load.js';
import { type LevelLimits, Proof, ROOMY } from './support/proof.js';

/** Calls that fit. */
const K = 12;
const OUTPUT_TOKENS = 16;
const LEVELS = ['key', 'team', 'customer'] as const;
const UNITS = ['nano_usd', 'tokens', 'requests'] as const;
const ENTITY = { key: 'virtual_key', team: 'team', customer: 'customer' } as const;
const REFUSAL = {
  nano_usd: { status: 402, code: 'budget_exceeded' },
  tokens: { status: 429, code: 'token_limited' },
  requests: { status: 429, code: 'request_limited' },
} as const;

let proof: Proof;
/** What one call reserves and, because the provider is told to use exactly that, what it costs. */
let perCall: { readonly requests: bigint; readonly tokens: bigint; readonly nano_usd: bigint };

beforeAll(async () => {
  proof = await Proof.start();
  // An answer that nobody can read is charged at what was reserved: that is how a test learns the worst case.
  await proof.simulator.behave({ failure: 'malformed' });
  const tenant = await proof.createTenant();
  const probe = await proof.call(tenant);
  if (!probe.text.includes('upstream_malformed')) throw new Error(`the probe was answered with ${probe.text}`);
  await proof.settled(tenant);
  const [reserved] = await proof.ledger.events(tenant.id);
  const tokens = Number(reserved?.tokens);
  perCall = { requests: 1n, tokens: BigInt(tokens), nano_usd: BigInt(reserved?.cost_nano_usd ?? 0) };
  await proof.simulator.behave({ promptTokens: tokens - OUTPUT_TOKENS, completionTokens: OUTPUT_TOKENS });
});

afterAll(() => proof?.stop());

/** Room for exactly K calls. */
function roomForK(unit: (typeof UNITS)[number]): LevelLimits {
  switch (unit) {
    case 'nano_usd':
      return { ...ROOMY, budget: { max_limit: (K * Number(perCall.nano_usd)) / 1e7, reset_duration: '1d' } };
    case 'tokens':
      return {
        ...ROOMY,
        rate_limit: { ...ROOMY.rate_limit, token_max_limit: K * Number(perCall.tokens), token_reset_duration: '1d' },
      };
    case 'requests':
      return { ...ROOMY, rate_limit: { ...ROOMY.rate_limit, request_max_limit: K, request_reset_duration: '1d' } };
  }
}

describe('a cap is hard', () => {
  const cases = UNITS.flatMap((unit) => LEVELS.map((level) => ({ unit, level })));

  it.each(cases)(
    '$unit of the $level: exactly K of 10 x K concurrent calls reach the provider',
    async ({ unit, level }) => {
      const tenant = await proof.createTenant({ [level]: roomForK(unit) });
      const watch = await proof.watchCounters(tenant);
      const answers = await Promise.all(
        Array.from({ length: 10 * K }, (_, index) => proof.call(tenant, { gateway: index % 2 })),
      );
      await expectClosedBooks(proof, tenant, answers);
      await watch.stop();

      expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(K);
      expect(answers.filter(isWhole)).toHaveLength(K);

      // All or nothing: every level counts the K calls and no trace of the others, at the end and at every instant.
      const { counters } = await proof.stateOf(tenant.id);
      expect(counters.size).toBe(LEVELS.length * UNITS.length);
      for (const [counterId, total] of counters) {
        const expected = BigInt(K) * perCall[parseCounterId(counterId).unit as (typeof UNITS)[number]];
        expect({ counterId, total, peak: watch.peaks.get(counterId) }).toEqual({
          counterId,
          total: expected,
          peak: expected,
        });
      }

      const refused = answers.filter((answer) => !isWhole(answer));
      expect(refused).toHaveLength(9 * K);
      const cap = (BigInt(K) * perCall[unit]).toString();
      for (const answer of refused) {
        expect({ status: answer.status, ...JSON.parse(answer.text) }).toMatchObject({
          ...REFUSAL[unit],
          status_code: REFUSAL[unit].status,
          request_id: answer.requestId,
          remedy: expect.any(String),
          decided_by: { entity: ENTITY[level], unit, cap, decides: true },
        });
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      }
    },
  );

  it('money: a call that uses less than it reserved gives the rest back, and never more than the cap is spent', async () => {
    const worstCase = Number(perCall.nano_usd);
    const cap = BigInt(3 * worstCase);
    const tenant = await proof.createTenant({
      team: { budget: { max_limit: Number(cap) / 1e7, reset_duration: '1d' } },
    });
    const watch = await proof.watchCounters(tenant);
    const cheap = { messages: simulated({ promptTokens: 20, completionTokens: 10, chunkIntervalMs: 1 }) };
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        proof.call(tenant, { gateway: index % 2, body: { ...cheap, stream: index % 3 === 0 } }),
      ),
    );
    const events = await expectClosedBooks(proof, tenant, answers);
    await watch.stop();

    const spent = events.reduce((sum, event) => sum + BigInt(event.cost_nano_usd), 0n);
    expect(spent).toBeLessThanOrEqual(cap);
    const { counters } = await proof.stateOf(tenant.id);
    const budgets = [...counters].filter(([counterId, total]) => counterId.startsWith('c') && total === spent);
    expect(budgets).toHaveLength(LEVELS.length);
    for (const [counterId] of budgets) expect(watch.peaks.get(counterId)).toBeLessThanOrEqual(cap);
  });

  it('windows: each has its own room, and none is exceeded while they change', async () => {
    const cap = 4;
    const tenant = await proof.createTenant({
      team: { rate_limit: { request_max_limit: cap, request_reset_duration: '1s' } },
    });
    const watch = await proof.watchCounters(tenant);
    const load = new Load(proof, tenant, 8);
    await load.served(5 * cap);
    const answers = await load.stop();
    await expectClosedBooks(proof, tenant, answers);
    await watch.stop();
    const definitions = [...watch.peaks].filter(([counterId]) => counterId.startsWith('q'));
    const ofTeam = Map.groupBy(definitions, ([counterId]) => parseCounterId(counterId).limitKey);
    const windows = [...ofTeam.values()].find((counters) => counters.length > 1) ?? [];
    expect(windows.length).toBeGreaterThanOrEqual(5);
    for (const [, peak] of windows) expect(peak).toBeLessThanOrEqual(BigInt(cap));
    for (const answer of answers.filter((one) => !isWhole(one))) {
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'request_limited', decided_by: { cap: String(cap) } });
      expect(Number(answer.headers.get('retry-after-ms'))).toBeLessThanOrEqual(1_000);
    }
  });

  it('a provider that ignores max_tokens: charged for what it says, and the next call is refused', async () => {
    const tenant = await proof.createTenant({ customer: roomForK('nano_usd') });
    const greedy = { messages: simulated({ promptTokens: 20, completionTokens: 50_000, ignoresMaxTokens: true }) };
    const answers = [await proof.call(tenant, { body: greedy }), await proof.call(tenant, { gateway: 1 })];
    expect(answers.map(({ status }) => status)).toEqual([200, 402]);
    expect(await expectClosedBooks(proof, tenant, answers)).toHaveLength(1);
  });

  it('and the books of all of it are closed', () => expectReconciled(proof));
});
