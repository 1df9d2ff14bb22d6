import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { type Answer, Proof, ROOMY, type Tenant } from './support/proof.js';

/** Long enough for a change of policy to happen meanwhile, and far less than what is reserved. */
const SERVED = { promptTokens: 20, completionTokens: 12 };
const STREAM = { stream: true, messages: simulated({ ...SERVED, chunks: 12, chunkIntervalMs: 150 }) };
const WHOLE = { messages: simulated({ ...SERVED, latencyMs: 1_500 }) };

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
});

afterAll(() => proof?.stop());

/** A stream and a call on two gateways, both of which have reached the provider. */
async function startBoth(
  tenant: Tenant,
): Promise<{ readonly ended: Promise<Answer[]>; readonly counters: string[][] }> {
  const ended = Promise.all([
    proof.call(tenant, { gateway: 0, body: STREAM }),
    proof.call(tenant, { gateway: 1, body: WHOLE }),
  ]);
  await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 2, {
    what: 'both calls to run',
  });
  const { holds } = await proof.stateOf(tenant.id);
  expect(holds).toHaveLength(2);
  return { ended, counters: holds.map(({ counters }) => [...counters].toSorted()) };
}

/** Both ended whole, were settled where they were held, and left exact counters and no hold. */
async function expectUntouched(
  tenant: Tenant,
  { ended, counters }: Awaited<ReturnType<typeof startBoth>>,
): Promise<void> {
  const answers = await ended;
  expect(answers.map(isWhole)).toEqual([true, true]);
  const events = await expectClosedBooks(proof, tenant, answers);
  expect(events.map((event) => [...event.counters].toSorted())).toEqual(counters);
  expect(events.map(({ is_estimated, tokens }) => ({ is_estimated, tokens }))).toEqual([
    { is_estimated: false, tokens: '32' },
    { is_estimated: false, tokens: '32' },
  ]);
}

interface Limit {
  readonly unit: string;
  readonly used: string;
}

/** The limits of the key, money first, as its holder sees them. */
async function limitsOf({ key }: Tenant): Promise<Limit[]> {
  const response = await fetch(`${proof.stack.gatewayUrl}/v1/key`, { headers: { 'x-bf-vk': key } });
  const { limits } = (await response.json()) as { limits: Limit[] };
  return limits.toSorted((one, other) => Number(other.unit === 'nano_usd') - Number(one.unit === 'nano_usd'));
}

/** What the running calls of a tenant hold. */
async function heldMoney({ id }: Tenant): Promise<bigint> {
  const { holds } = await proof.stateOf(id);
  return holds.reduce((sum, { heldNanoUsd }) => sum + BigInt(heldNanoUsd), 0n);
}

interface Change {
  readonly name: string;
  readonly make: (tenant: Tenant) => Promise<unknown>;
  /** Status of the next call of the key. */
  readonly next: number;
}

const CHANGES: readonly Change[] = [
  { name: 'a usage reset', make: ({ keyId }) => proof.governance.resetUsage(keyId), next: 200 },
  {
    name: 'a raised budget',
    make: ({ keyId }) => proof.governance.updateVirtualKey(keyId, { budget: { max_limit: 200_000_000 } }),
    next: 200,
  },
  {
    name: 'a budget lowered below what is held',
    make: ({ teamId }) => proof.governance.updateTeam(teamId, { budget: { max_limit: 0.00001 } }),
    next: 402,
  },
  {
    name: 'a deactivated key',
    make: ({ keyId }) => proof.governance.updateVirtualKey(keyId, { is_active: false }),
    next: 403,
  },
  { name: 'a deleted key', make: ({ keyId }) => proof.governance.deleteVirtualKey(keyId), next: 403 },
];

/** Usage follows the key or team; a running call's is copied as what it holds, and settled where its hold is. */
const MOVES: readonly Change[] = [
  {
    name: 'a key moved to another tenant',
    make: async ({ keyId }) => {
      const { teamId } = await proof.createTenant();
      return proof.governance.updateVirtualKey(keyId, { team_id: teamId });
    },
    next: 200,
  },
  {
    name: 'a team moved to another customer',
    make: async ({ teamId }) => {
      const { id } = await proof.createTenant();
      return proof.governance.updateTeam(teamId, { customer_id: id });
    },
    next: 200,
  },
];

describe('stream policy "finish"', () => {
  it.each(CHANGES)('$name: what runs ends as it was admitted', async ({ make, next }) => {
    const tenant = await proof.createTenant();
    const running = await startBoth(tenant);
    await make(tenant);
    await expectUntouched(tenant, running);
    expect((await proof.call(tenant, { gateway: 1 })).status).toBe(next);
  });

  it("a window's end: what runs is settled in the window in which it began", async () => {
    const limits = { token_max_limit: 1_000_000, token_reset_duration: '1s', request_max_limit: 9 };
    const tenant = await proof.createTenant({ key: { rate_limit: { ...limits, request_reset_duration: '1s' } } });
    const running = await startBoth(tenant);
    await expectUntouched(tenant, running);
    // Both lasted longer than the window, so that another one is current now.
    const next = await proof.call(tenant);
    const events = await expectClosedBooks(proof, tenant, [next]);
    const counterOf = (index: number): string | undefined => events[index]?.counters.find((id) => id.startsWith('t'));
    expect(counterOf(2)).not.toBe(counterOf(0));
  });

  it('a limit on concurrent requests: the place of a call that a reset has overtaken is given back', async () => {
    const tenant = await proof.createTenant({ key: { ...ROOMY, rate_limit: { concurrent_max_limit: 2 } } });
    const running = await startBoth(tenant);
    await proof.governance.resetUsage(tenant.keyId);
    expect(JSON.parse((await proof.call(tenant)).text)).toMatchObject({ code: 'concurrency_limited' });
    await expectUntouched(tenant, running);
    expect((await proof.call(tenant)).status).toBe(200);
  });

  it('and the books of all of it are closed', () => expectReconciled(proof));

  it.each(MOVES)('$name: what runs ends as it was admitted, where it was admitted', async ({ make, next }) => {
    const tenant = await proof.createTenant();
    const running = await startBoth(tenant);
    const held = await heldMoney(tenant);
    await make(tenant);
    await expectUntouched(tenant, running);
    const answer = await proof.call(tenant, { gateway: 1 });
    expect(answer.status).toBe(next);
    // The copy kept the estimate of what ran: never less than was spent, until its window ends or it is reconciled.
    const [limit] = await limitsOf(tenant);
    expect(BigInt(limit?.used ?? 0)).toBeGreaterThanOrEqual(held);
    await proof.settled(tenant);
  });

  it('and reconciliation makes the copies exact', async () => {
    await waitFor(async () => (await proof.reconcile(['--repair'])).exitCode === 0, { what: 'the repair' });
    await expectReconciled(proof);
  });
});
