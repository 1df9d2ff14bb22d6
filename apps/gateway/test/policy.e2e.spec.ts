import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChaosProxy, simulated, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled } from './support/books.js';
import { Load } from './support/load.js';
import { type Answer, MODEL, Proof, ROOMY, type Tenant } from './support/proof.js';

let proof: Proof;
let proxy: ChaosProxy;

beforeAll(async () => {
  proof = await Proof.start();
  proxy = await ChaosProxy.start(proof.stack.redis.port);
  proof.onStop(() => proxy.close());
});

afterAll(() => proof?.stop());

/** The machine-readable part of a refusal in the dialect of `x-bf-vk`. */
function refusalOf(answer: Answer): { status: number; code?: unknown } {
  return { status: answer.status, ...(JSON.parse(answer.text) as { code?: unknown }) };
}

/** A change by the operator, and what the other gateway must answer to the very next call. */
interface Change {
  readonly name: string;
  readonly make: (tenant: Tenant) => Promise<unknown>;
  readonly refusal: { readonly status: number; readonly code: string };
}

const CHANGES: readonly Change[] = [
  {
    name: 'key deactivated',
    make: ({ keyId }) => proof.governance.updateVirtualKey(keyId, { is_active: false }),
    refusal: { status: 403, code: 'virtual_key_blocked' },
  },
  {
    name: 'key deleted',
    make: ({ keyId }) => proof.governance.deleteVirtualKey(keyId),
    refusal: { status: 403, code: 'virtual_key_not_found' },
  },
  {
    name: 'budget of the key lowered',
    make: ({ keyId }) => proof.governance.updateVirtualKey(keyId, { budget: { max_limit: 0.0001 } }),
    refusal: { status: 402, code: 'budget_exceeded' },
  },
  {
    name: 'budget of the team lowered',
    make: ({ teamId }) => proof.governance.updateTeam(teamId, { budget: { max_limit: 0.0001 } }),
    refusal: { status: 402, code: 'budget_exceeded' },
  },
  {
    name: 'request limit of the customer lowered',
    make: ({ id }) => proof.governance.updateCustomer(id, { rate_limit: { request_max_limit: 1 } }),
    refusal: { status: 429, code: 'request_limited' },
  },
  {
    name: 'model removed',
    make: ({ keyId }) => proof.governance.updateVirtualKey(keyId, { allowed_models: ['gpt-4o'] }),
    refusal: { status: 403, code: 'model_blocked' },
  },
  {
    name: 'provider removed',
    make: ({ keyId }) => proof.governance.updateVirtualKey(keyId, { allowed_providers: ['anthropic'] }),
    refusal: { status: 403, code: 'provider_blocked' },
  },
];

/** The change goes through one gateway's proxy to governance; the other gateway, which knows the key, is asked next. */
function obeysTheNextCall(isTold: () => boolean): void {
  it.each(CHANGES)('$name: governs the very next call', async ({ make, refusal }) => {
    const tenant = await proof.createTenant();
    for (const gateway of [0, 1]) expect((await proof.call(tenant, { gateway })).status).toBe(200);
    const lostBefore = proxy.messagesLost;
    await make(tenant);
    expect(refusalOf(await proof.call(tenant, { gateway: 1 }))).toMatchObject(refusal);
    expect(refusalOf(await proof.call(tenant, { gateway: 0 }))).toMatchObject(refusal);
    expect(await proof.simulator.entriesOf(tenant.label)).toHaveLength(2);
    if (!isTold()) expect(proxy.messagesLost).toBeGreaterThan(lostBefore);
  });

  it('key reactivated, and a limit raised: works at once', async () => {
    const tenant = await proof.createTenant({ team: { budget: { max_limit: 0.0001, reset_duration: '1d' } } });
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    const blocked = { status: 403, code: 'virtual_key_blocked' };
    for (const gateway of [0, 1]) expect(refusalOf(await proof.call(tenant, { gateway }))).toMatchObject(blocked);
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: true });
    const poor = { status: 402, code: 'budget_exceeded' };
    for (const gateway of [1, 0]) expect(refusalOf(await proof.call(tenant, { gateway }))).toMatchObject(poor);
    await proof.governance.updateTeam(tenant.teamId, { budget: { max_limit: 1_000 } });
    for (const gateway of [1, 0]) expect((await proof.call(tenant, { gateway })).status).toBe(200);
  });

  it('a key that is created right after an unknown one was refused works at once', async () => {
    const tenant = await proof.createTenant();
    const unknown = { ...tenant, key: `${tenant.key.slice(0, -4)}0000` };
    const refusal = { status: 403, code: 'virtual_key_not_found' };
    for (const gateway of [0, 1]) expect(refusalOf(await proof.call(unknown, { gateway }))).toMatchObject(refusal);
    const key = await proof.governance.createVirtualKey({ name: `${tenant.label}second`, team_id: tenant.teamId });
    for (const gateway of [1, 0]) {
      expect((await proof.call({ ...tenant, key: key.value }, { gateway })).status).toBe(200);
    }
  });
}

describe('a policy change', () => {
  obeysTheNextCall(() => true);
});

describe('a policy change of which a gateway is never told', () => {
  beforeAll(async () => {
    await proof.stack.gateways[1]!.restart({ REDIS_URL: proxy.inPlaceOf(proof.stack.redisUrl) });
    proxy.loseMessages();
  });

  obeysTheNextCall(() => false);

  it('made through the other gateway: governs the very next call', async () => {
    const tenant = await proof.createTenant();
    for (const gateway of [0, 1]) expect((await proof.call(tenant, { gateway })).status).toBe(200);
    const response = await fetch(`${proof.stack.gatewayUrls[0]}/api/governance/virtual-keys/${tenant.keyId}`, {
      method: 'PUT',
      headers: { 'x-admin-key': proof.stack.masterKey, 'content-type': 'application/json' },
      body: JSON.stringify({ is_active: false }),
    });
    expect(response.status).toBe(200);
    await response.body?.cancel();
    const blocked = { status: 403, code: 'virtual_key_blocked' };
    expect(refusalOf(await proof.call(tenant, { gateway: 1 }))).toMatchObject(blocked);
  });

  it('under load: every call that is sent after the answer to the operator is refused', async () => {
    const tenant = await proof.createTenant();
    const load = new Load(proof, tenant);
    await load.served(20);
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    const later = await Promise.all(
      Array.from({ length: 20 }, (_, index) => proof.call(tenant, { gateway: index % 2 })),
    );
    expect(new Set(later.map(({ status }) => status))).toEqual(new Set([403]));
    await expectClosedBooks(proof, tenant, await load.stop());
  });

  it('of a key without team and limits, in the middle of a call: obeyed at once, the call is accounted', async () => {
    const { id, value } = await proof.governance.createVirtualKey({ name: 'alone' });
    const alone: Tenant = { label: 'alone-', id, teamId: '', keyId: id, key: value };
    const running = proof.call(alone, {
      gateway: 1,
      body: { stream: true, messages: simulated({ chunks: 10, chunkIntervalMs: 100 }) },
    });
    await waitFor(async () => (await proof.simulator.entriesOf(alone.label)).length === 1, { what: 'the call to run' });
    await proof.governance.deleteVirtualKey(id);
    expect(refusalOf(await proof.call(alone, { gateway: 1 }))).toMatchObject({ code: 'virtual_key_not_found' });
    const ended = await running;
    expect(ended.text).toContain('data: [DONE]');
    expect(await expectClosedBooks(proof, alone, [ended])).toHaveLength(1);
  });

  it('usage reset: works at once, and what runs meanwhile stays in the window before', async () => {
    const tenant = await proof.createTenant({
      key: { rate_limit: { request_max_limit: 2, request_reset_duration: '1d' } },
    });
    const running = proof.call(tenant, {
      gateway: 1,
      body: { stream: true, messages: simulated({ chunks: 10, chunkIntervalMs: 100 }) },
    });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
      what: 'the call to run',
    });
    const statuses = async (): Promise<number[]> => {
      const first = await proof.call(tenant, { gateway: 1 });
      const second = await proof.call(tenant, { gateway: 1 });
      const third = await proof.call(tenant, { gateway: 0 });
      return [first, second, third].map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 429, 429]);
    await proof.governance.resetUsage(tenant.keyId);
    expect(await statuses()).toEqual([200, 200, 429]);
    expect(await expectClosedBooks(proof, tenant, [await running])).toHaveLength(4);
  });

  it('while a call is in flight: that call ends as it was admitted, the next is refused', async () => {
    const tenant = await proof.createTenant();
    const running = proof.call(tenant, {
      gateway: 1,
      body: { stream: true, messages: simulated({ chunks: 10, chunkIntervalMs: 100 }) },
    });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
      what: 'the call to run',
    });
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    expect(refusalOf(await proof.call(tenant, { gateway: 1 }))).toMatchObject({ code: 'virtual_key_blocked' });
    expect((await running).text).toContain('data: [DONE]');
  });
});

describe('a model without a price', () => {
  const body = { model: 'openai/nobody-knows-me' };
  const unlimited = { rate_limit: ROOMY.rate_limit };

  it.each(['key', 'team', 'customer'] as const)(
    'and a budget on the %s: refused, nothing reaches the provider',
    async (level) => {
      const none = { key: unlimited, team: unlimited, customer: unlimited };
      const tenant = await proof.createTenant({ ...none, [level]: ROOMY });
      const answer = await proof.call(tenant, { body });
      expect(refusalOf(answer)).toMatchObject({ status: 403, code: 'model_unpriced', fields: [{ path: 'model' }] });
      expect(await proof.simulator.entriesOf(tenant.label)).toEqual([]);
      expect((await proof.settled(tenant)).counters.size).toBe(0);
      expect(await proof.ledger.events(tenant.id)).toEqual([]);
    },
  );

  it('and no budget: passes, costs nothing that is known, and is counted', async () => {
    const tenant = await proof.createTenant({ key: unlimited, team: unlimited, customer: unlimited });
    expect((await proof.call(tenant, { body })).status).toBe(200);
    await proof.settled(tenant);
    const [event, ...others] = await proof.ledger.events(tenant.id);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ price_id: null, cost_nano_usd: '0' });
    expect(Number(event?.tokens)).toBeGreaterThan(0);
  });

  it('and then an operator sets one: passes with the budget, from the next call on', async () => {
    const tenant = await proof.createTenant();
    const priced = { model: 'openai/priced-later' };
    expect(refusalOf(await proof.call(tenant, { body: priced, gateway: 1 }))).toMatchObject({ code: 'model_unpriced' });
    await proof.setPrice('priced-later', { input_usd_per_mtok: '1', output_usd_per_mtok: '4' });
    expect((await proof.call(tenant, { body: priced, gateway: 1 })).status).toBe(200);
    await proof.settled(tenant);
    const [event] = await proof.ledger.events(tenant.id);
    expect(event?.price_id).toMatch(/^override:/);
    expect(BigInt(event?.cost_nano_usd ?? 0)).toBeGreaterThan(0n);
  });

  it('of another model changes nothing for this one', async () => {
    const tenant = await proof.createTenant();
    expect((await proof.call(tenant, { body: { model: MODEL } })).status).toBe(200);
    expect(refusalOf(await proof.call(tenant, { body }))).toMatchObject({ code: 'model_unpriced' });
    await proof.settled(tenant);
    await expectReconciled(proof);
  });
});
