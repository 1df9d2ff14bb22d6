import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countTokens } from '@penstock/domain';
import { ChaosProxy, sendChat, simulated, waitFor } from '@penstock/testing';

import { expectClosedBooks, expectReconciled, isWhole } from './support/books.js';
import { type Answer, MODEL, Proof, type Tenant } from './support/proof.js';

/** Far longer than any test waits: only a cut ends it in time. */
const STREAM = {
  stream: true,
  max_tokens: 4_000,
  messages: simulated({ promptTokens: 20, completionTokens: 2_000, chunks: 1_000, chunkIntervalMs: 60 }),
};
const WHOLE = { messages: simulated({ promptTokens: 20, completionTokens: 12, latencyMs: 60_000 }) };

let proof: Proof;
let proxy: ChaosProxy;

beforeAll(async () => {
  proof = await Proof.start();
  proxy = await ChaosProxy.start(proof.stack.redis.port);
  proof.onStop(() => proxy.close());
});

afterAll(() => proof?.stop());

/** A tenant whose running calls are cut. */
async function cuttingTenant(): Promise<Tenant> {
  const tenant = await proof.createTenant();
  const { status } = await proof.governance.request('PUT', `/tenants/${tenant.id}`, { stream_policy: 'cut' });
  if (status !== 200) throw new Error(`the stream policy was answered with ${status}`);
  return tenant;
}

async function runs(tenant: Tenant, count = 1): Promise<void> {
  await waitFor(
    async () => {
      const entries = await proof.simulator.entriesOf(tenant.label);
      return entries.length === count && entries.every(({ chunksSent }) => chunksSent >= 3);
    },
    { what: 'the streams to have begun' },
  );
}

/** The last event of a stream. */
function lastEvent({ text }: Answer): Record<string, unknown> {
  return JSON.parse(text.trim().split('\n\n').at(-1)?.slice('data: '.length) ?? '') as Record<string, unknown>;
}

function contentOf({ text }: Answer): string {
  const parts = [...text.matchAll(/"delta":\{"content":("[^"]*")/g)];
  return parts.map(([, content = '""']) => JSON.parse(content) as string).join('');
}

const CHANGES = [
  {
    name: 'deactivated',
    make: ({ keyId }: Tenant) => proof.governance.updateVirtualKey(keyId, { is_active: false }),
    reason: 'virtual_key_blocked',
  },
  {
    name: 'deleted',
    make: ({ keyId }: Tenant) => proof.governance.deleteVirtualKey(keyId),
    reason: 'virtual_key_not_found',
  },
];

describe('stream policy "cut"', () => {
  it.each(CHANGES)('a key that is $name: its streams end on every gateway, charged for what came', async (change) => {
    const tenant = await cuttingTenant();
    const calls = Promise.all([0, 1].map((gateway) => proof.call(tenant, { gateway, body: STREAM })));
    await runs(tenant, 2);
    await change.make(tenant);
    const answers = await calls;
    for (const answer of answers) {
      expect(answer.error).toBeUndefined();
      expect(isWhole(answer)).toBe(false);
      expect(lastEvent(answer)).toMatchObject({
        type: 'call_cut',
        code: 'call_cut',
        status_code: 403,
        reason: change.reason,
        remedy: expect.any(String),
        request_id: answer.requestId,
      });
    }
    const events = await expectClosedBooks(proof, tenant, answers);
    expect(events).toHaveLength(2);
    for (const event of events) {
      const answer = answers.find(({ requestId }) => requestId === event.request_id);
      expect(event).toMatchObject({ is_estimated: true, outcome: 'truncated' });
      expect(Number(event.output_tokens)).toBe(await countTokens(contentOf(answer as Answer)));
      expect(Number(event.output_tokens)).toBeGreaterThan(0);
    }
  });

  it("tells OpenAI's clients in their own words", async () => {
    const tenant = await cuttingTenant();
    const response = await sendChat({
      gatewayUrl: proof.stack.gatewayUrl,
      key: tenant.key,
      credential: 'authorization',
      headers: { 'x-request-id': `${tenant.label}openai` },
      body: { model: MODEL, ...STREAM },
    });
    const text = response.text();
    await runs(tenant);
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    expect(JSON.parse((await text).trim().split('\n\n').at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
      error: { type: 'permission_error', code: 'call_cut', message: expect.stringContaining('is not active') },
    });
    await expectClosedBooks(proof, tenant, []);
  });

  it('an answer in one piece: refused with 403, charged at what was reserved', async () => {
    const tenant = await cuttingTenant();
    const call = proof.call(tenant, { body: WHOLE });
    await waitFor(async () => (await proof.simulator.entriesOf(tenant.label)).length === 1, {
      what: 'the call to run',
    });
    const [hold] = (await proof.stateOf(tenant.id)).holds;
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    const answer = await call;
    expect({ status: answer.status, ...JSON.parse(answer.text) }).toMatchObject({ status: 403, code: 'call_cut' });
    const [event] = await expectClosedBooks(proof, tenant, [answer]);
    expect(event).toMatchObject({ is_estimated: true, tokens: String(hold?.heldTokens) });
  });

  it('leaves the streams of other keys of the tenant alone, and those of a key that was changed otherwise', async () => {
    const tenant = await cuttingTenant();
    const name = `${tenant.label}other`;
    const other = await proof.governance.createVirtualKey({ name, team_id: tenant.teamId });
    const short = { ...STREAM, messages: simulated({ completionTokens: 20, chunks: 20, chunkIntervalMs: 100 }) };
    const calls = [{ ...tenant, key: other.value }, tenant].map((who) => proof.call(who, { body: short }));
    await runs(tenant, 2);
    await proof.governance.updateVirtualKey(tenant.keyId, { description: 'another' });
    await proof.governance.updateVirtualKey(tenant.keyId, { budget: { max_limit: 0.00001 } });
    expect((await Promise.all(calls)).map(isWhole)).toEqual([true, true]);
    await expectClosedBooks(proof, tenant, []);
  });

  it('follows a key into the tenant that it was moved to', async () => {
    const [tenant, target] = [await cuttingTenant(), await cuttingTenant()];
    const call = proof.call(tenant, { body: STREAM });
    await runs(tenant);
    await proof.governance.updateVirtualKey(tenant.keyId, { team_id: target.teamId });
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    expect(lastEvent(await call)).toMatchObject({ code: 'call_cut' });
    await expectClosedBooks(proof, tenant, []);
  });

  it('a key that expires: its streams end when it does, without any change of policy', async () => {
    const tenant = await cuttingTenant();
    const expiresAtMs = Date.now() + 4_000;
    await proof.governance.updateVirtualKey(tenant.keyId, { expires_at: new Date(expiresAtMs).toISOString() });
    const answer = await proof.call(tenant, { body: STREAM });
    expect(lastEvent(answer)).toMatchObject({ code: 'call_cut', reason: 'virtual_key_expired' });
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAtMs);
    await expectClosedBooks(proof, tenant, [answer]);
  });

  it.each(CHANGES)('a key that is $name, and no message arrives: cut all the same', async (change) => {
    await proof.stack.gateways[1]?.restart({ REDIS_URL: proxy.inPlaceOf(proof.stack.redisUrl) });
    proxy.loseMessages();
    const tenant = await cuttingTenant();
    const call = proof.call(tenant, { gateway: 1, body: STREAM });
    await runs(tenant);
    const lostBefore = proxy.messagesLost;
    await change.make(tenant);
    expect(lastEvent(await call)).toMatchObject({ code: 'call_cut', reason: change.reason });
    expect(proxy.messagesLost).toBeGreaterThan(lostBefore);
    await expectClosedBooks(proof, tenant, []);
  });

  it('and the books of all of it are closed', () => expectReconciled(proof));
});
