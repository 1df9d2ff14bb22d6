import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { creditsFor, creditsHeld, microCreditsFor } from '@penstock/domain';
import { simulated, type UsageEventRow } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { openAccount } from './support/prepaid.js';
import { Proof } from './support/proof.js';

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
});

afterAll(() => proof?.stop());

/** Answers of known size. */
const sized = (promptTokens: number, completionTokens: number): Record<string, unknown> => ({
  messages: simulated({ promptTokens, completionTokens }),
});

/** Sum over events of what they say they took. */
function sumOf(events: readonly UsageEventRow[], field: 'credits' | 'micro_credits'): bigint {
  return events.reduce((sum, event) => sum + BigInt(event[field]), 0n);
}

describe('prepaid', () => {
  it('by the job: exactly as many of 80 concurrent calls over two gateways are served as there are credits', async () => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, { credits: 10 });
    const watch = await proof.watchCounters(tenant);
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, index) =>
        proof.call(tenant, { gateway: index % 2, body: { stream: index % 3 === 0 } }),
      ),
    );
    const events = await expectClosedBooks(proof, tenant, answers);
    await watch.stop();

    expect(answers.filter(isWhole)).toHaveLength(10);
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(10);
    expect(watch.peaks.get(account.counterId)).toBe(10n);
    expect(await account.used()).toBe(10n);
    const deductions = await account.deductions();
    expect(deductions.reduce((sum, { credits }) => sum + credits, 0n)).toBe(10n);
    expect(deductions.reduce((sum, { calls }) => sum + calls, 0)).toBe(10);
    const named = new Set(deductions.map(({ id }) => id));
    expect(events.every((event) => named.has(event.credit_transfer_id ?? '') && event.credits === '1')).toBe(true);

    for (const answer of answers.filter((one) => !isWhole(one))) {
      expect({ status: answer.status, ...JSON.parse(answer.text) }).toMatchObject({
        status: 402,
        code: 'credits_exhausted',
        error: expect.stringMatching(/^The credits of team ".+" do not cover this call: 0 of 10 credits are left/),
        remedy: 'Waiting will not help: ask an operator to add credits to the team.',
        decided_by: { entity: 'team', unit: 'credits', cap: '10', remaining: '0', needed: '1', decides: true },
      });
      expect(answer.headers.get('retry-after')).toBeNull();
    }
    await expectReconciled(proof);
  });

  it.each([
    { mode: 'consumption_usd' as const, creditsPerDollar: '2500', credits: 30 },
    { mode: 'consumption_tokens' as const, tokensPerCredit: 50, credits: 30 },
  ])('$mode: calls of any size take what the formula says, and never more than came in', async (options) => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, options);
    const watch = await proof.watchCounters(tenant);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        proof.call(tenant, { gateway: index % 2, body: sized(20 + ((index * 37) % 300), 1 + ((index * 13) % 16)) }),
      ),
    );
    const events = await expectClosedBooks(proof, tenant, answers);
    await watch.stop();

    const terms = {
      mode: options.mode,
      hundredthsPerDollar: BigInt(Number(options.creditsPerDollar ?? '10') * 100),
      tokensPerCredit: BigInt(options.tokensPerCredit ?? 10_000),
    };
    for (const event of events) {
      const used = { tokens: Number(event.tokens), clientCostNanoUsd: BigInt(event.client_cost_nano_usd) };
      expect(BigInt(event.credits)).toBe(creditsFor(terms, used));
    }
    expect(events.length).toBeGreaterThan(0);
    expect(answers.some((answer) => answer.status === 402)).toBe(true);
    expect(await account.used()).toBe(sumOf(events, 'credits'));
    expect(watch.peaks.get(account.counterId)).toBeLessThanOrEqual(30n);
    await expectReconciled(proof);
  });

  it('a call whose provider failed takes no credit', async () => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, { credits: 1 });
    const failed = await proof.call(tenant, { body: { messages: simulated({ status: 500 }) } });
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect(isWhole(await proof.call(tenant))).toBe(true);
    await proof.settled(tenant);
    expect(await account.used()).toBe(1n);
  });
});

describe('calls of a job', () => {
  const terms = { mode: 'consumption_usd' as const, hundredthsPerDollar: 25_000n, tokensPerCredit: 10_000n };

  it('are charged to the job as a whole, and nothing is taken by the call', async () => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, { credits: 40, mode: 'consumption_usd', creditsPerDollar: '250' });
    expect(isWhole(await proof.call(tenant))).toBe(true);
    await proof.settled(tenant);
    const before = await account.used();
    const job = await account.openJob();
    expect(job.outcome).toEqual({ status: 'open' });
    const watch = await proof.watchCounters(tenant);

    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        proof.call(tenant, {
          gateway: index % 2,
          body: { ...sized(30 + index * 5, 1 + (index % 16)), stream: index % 2 === 0 },
          headers: account.header(job.id, job.counterId),
        }),
      ),
    );
    await proof.settled(tenant);
    await watch.stop();
    const events = (await proof.ledger.events(tenant.id)).filter((event) => event.job_id === job.id);

    expect(answers.filter(isWhole)).toHaveLength(events.length);
    expect(events.length).toBeGreaterThan(0);
    expect(sumOf(events, 'credits')).toBe(0n);
    for (const event of events) {
      const used = { tokens: Number(event.tokens), clientCostNanoUsd: BigInt(event.client_cost_nano_usd) };
      expect(BigInt(event.micro_credits)).toBe(microCreditsFor(terms, used));
    }
    const { counters } = await proof.stateOf(tenant.id);
    expect(counters.get(job.counterId)).toBe(sumOf(events, 'micro_credits'));
    expect(counters.get(account.counterId)).toBe(before + creditsHeld(sumOf(events, 'micro_credits')));
    expect(watch.peaks.get(account.counterId)).toBeLessThanOrEqual(40n);
    expect(await account.used()).toBe(before);
    const ids = new Set(answers.filter(isWhole).map(({ headers }) => headers.get('x-penstock-call-ids')));
    expect(ids).toEqual(new Set(events.map(({ id }) => id)));
    await expectReconciled(proof);

    const charged = creditsFor(terms, {
      tokens: 0,
      clientCostNanoUsd: events.reduce((sum, event) => sum + BigInt(event.client_cost_nano_usd), 0n),
    });
    await account.closeJob(job.id, job.counterId, charged);
    expect((await proof.stateOf(tenant.id)).counters.get(account.counterId)).toBe(before + charged);
    const late = await proof.call(tenant, { headers: account.header(job.id, job.counterId) });
    expect({ status: late.status, ...JSON.parse(late.text) }).toMatchObject({ status: 409, code: 'job_not_open' });
    await expectReconciled(proof);
  });

  it('need no further credit by the job, also with none left, while other calls are refused', async () => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, { credits: 2 });
    expect(isWhole(await proof.call(tenant))).toBe(true);
    const job = await account.openJob();
    expect((await account.openJob()).outcome).toEqual({ status: 'refused', usedCredits: '2' });

    const ofJob = await Promise.all(
      Array.from({ length: 6 }, () => proof.call(tenant, { headers: account.header(job.id, job.counterId) })),
    );
    expect(ofJob.every(isWhole)).toBe(true);
    expect((await proof.call(tenant)).status).toBe(402);
  });

  it('are refused with a header that nobody signed, that is old, or that is of another team', async () => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, { credits: 5 });
    expect(isWhole(await proof.call(tenant))).toBe(true);
    const job = await account.openJob();
    const [payload = ''] = account.header(job.id, job.counterId)['x-penstock-job']!.split('.');
    for (const headers of [
      { 'x-penstock-job': 'junk' },
      { 'x-penstock-job': `${payload}.${'A'.repeat(43)}` },
      account.header(job.id, job.counterId, { expiresAtMs: Date.now() - 1 }),
      account.header(job.id, job.counterId, { governanceTeamId: tenant.keyId }),
    ]) {
      const answer = await proof.call(tenant, { headers });
      expect({ status: answer.status, code: JSON.parse(answer.text).code }).toEqual({
        status: 400,
        code: 'request_invalid',
      });
    }
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(1);
  });

  it('count on after Redis has lost everything: jobs and credits come back from PostgreSQL', async () => {
    const tenant = await proof.createTenant();
    const account = await openAccount(proof, tenant, { credits: 30, mode: 'consumption_tokens', tokensPerCredit: 50 });
    expect(isWhole(await proof.call(tenant))).toBe(true);
    const job = await account.openJob();
    await proof.call(tenant, { body: sized(120, 16), headers: account.header(job.id, job.counterId) });
    const { counters: before } = await proof.settled(tenant);

    await proof.redis.flushall();
    expect(
      isWhole(await proof.call(tenant, { body: sized(60, 1), headers: account.header(job.id, job.counterId) })),
    ).toBe(true);
    const { counters: after } = await proof.settled(tenant);

    const added = (61n * 1_000_000n) / 50n;
    const micro = before.get(job.counterId)! + added;
    expect(after.get(job.counterId)).toBe(micro);
    expect(after.get(account.counterId)! - (await account.used())).toBe(creditsHeld(micro));
    await expectReconciled(proof);
  });

  it('of a gateway that is killed are charged to the job by the sweeper, once', async () => {
    const own = await Proof.start({ gateways: 1, env: { PENSTOCK_SWEEP_INTERVAL_MS: '200' } });
    try {
      const tenant = await own.createTenant();
      const account = await openAccount(own, tenant, { credits: 50, mode: 'consumption_tokens', tokensPerCredit: 500 });
      expect(isWhole(await own.call(tenant))).toBe(true);
      const job = await account.openJob();
      const headers = account.header(job.id, job.counterId);
      const hanging = own.call(tenant, { body: { messages: simulated({ failure: 'hang' }) }, headers });
      const held = await waitForHold(own, tenant.id);
      await own.stack.gateways[0]!.kill();
      await hanging;
      const { counters } = await own.settled(tenant);
      expect(counters.get(job.counterId)).toBe(BigInt(held));
      expect(counters.get(account.counterId)! - (await account.used())).toBe(creditsHeld(BigInt(held)));
      await expectReconciled(own);
    } finally {
      await own.stop();
    }
  });
});

/** Micro credits of the one call that a tenant has under way, once it was sent. */
async function waitForHold(own: Proof, tenantId: string): Promise<string> {
  for (;;) {
    const { holds, dispatchedIds } = await own.stateOf(tenantId);
    const hold = holds.find(({ id }) => dispatchedIds.includes(id));
    if (hold?.heldMicroCredits !== undefined) return hold.heldMicroCredits;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
