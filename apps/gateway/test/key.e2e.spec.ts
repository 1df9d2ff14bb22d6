import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, waitFor } from '@penstock/testing';

import { Proof, type Tenant } from './support/proof.js';

let proof: Proof;

beforeAll(async () => {
  proof = await Proof.start();
});

afterAll(() => proof?.stop());

interface Seen {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly limits: readonly Record<string, unknown>[];
}

async function look(headers: Record<string, string>, gateway = 0): Promise<Seen> {
  const response = await fetch(`${proof.stack.gatewayUrls[gateway]}/v1/key`, { headers });
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, json, limits: (json['limits'] ?? []) as Seen['limits'] };
}

function tenantWithLimits(): Promise<Tenant> {
  return proof.createTenant({
    key: { budget: { max_limit: 100, reset_duration: '1d' } },
    team: { rate_limit: { request_max_limit: 5, request_reset_duration: '1h' } },
    customer: { rate_limit: { concurrent_max_limit: 2 } },
  });
}

describe('GET /v1/key', () => {
  it('shows the holder its key and every limit on its path, the same from every gateway', async () => {
    const tenant = await tenantWithLimits();
    await proof.governance.updateVirtualKey(tenant.keyId, {
      allowed_models: ['proof'],
      provider_configs: [{ provider: 'openai', weight: 2 }],
    });
    expect((await proof.call(tenant)).status).toBe(200);
    for (const gateway of [0, 1]) {
      const { status, json, limits } = await look({ authorization: `Bearer ${tenant.key}` }, gateway);
      expect(status).toBe(200);
      expect(json).toMatchObject({
        object: 'virtual_key',
        id: tenant.keyId,
        is_active: true,
        allowed_models: ['proof'],
        allowed_providers: null,
        provider_configs: [{ provider: 'openai', weight: 2, allowed_models: null }],
        stream_policy: 'finish',
      });
      expect(limits).toEqual([
        expect.objectContaining({
          entity: 'virtual_key',
          unit: 'nano_usd',
          cap: '1000000000',
          held: '0',
          needed: '0',
          window: '1d',
          window_kind: 'rolling',
          window_ends_at: expect.stringMatching(/Z$/),
          on_exceed: 'deny',
          decides: false,
        }),
        expect.objectContaining({ entity: 'team', unit: 'requests', cap: '5', used: '1', remaining: '4' }),
        expect.objectContaining({ entity: 'customer', unit: 'concurrent_requests', cap: '2', used: '0' }),
      ]);
      const [budget] = limits;
      const [event] = await proof.settled(tenant).then(() => proof.ledger.events(tenant.id));
      expect(budget?.['used']).toBe(event?.cost_nano_usd);
      expect(JSON.stringify(json)).not.toContain(tenant.key);
    }
  });

  it('shows what running calls hold', async () => {
    const tenant = await tenantWithLimits();
    const call = proof.call(tenant, { body: { messages: simulated({ latencyMs: 2_000 }) } });
    await waitFor(async () => (await proof.stateOf(tenant.id)).holds.length === 1, { what: 'the hold' });
    const { limits } = await look({ 'x-bf-vk': tenant.key }, 1);
    const [hold] = (await proof.stateOf(tenant.id)).holds;
    expect(limits.map(({ unit, used, held }) => ({ unit, used, held }))).toEqual([
      { unit: 'nano_usd', used: hold?.heldNanoUsd, held: hold?.heldNanoUsd },
      { unit: 'requests', used: '1', held: '1' },
      { unit: 'concurrent_requests', used: '1', held: '1' },
    ]);
    expect((await call).status).toBe(200);
  });

  it('knows the usage of a tenant that Redis has forgotten', async () => {
    const tenant = await tenantWithLimits();
    await proof.call(tenant);
    await proof.settled(tenant);
    await proof.redis.flushdb();
    const { limits } = await look({ 'x-bf-vk': tenant.key });
    expect(limits[1]).toMatchObject({ unit: 'requests', used: '1', remaining: '4' });
  });

  it('says nothing of other keys', async () => {
    const [tenant, other] = [await tenantWithLimits(), await tenantWithLimits()];
    const sibling = await proof.governance.createVirtualKey({
      name: `${tenant.label}sibling`,
      team_id: tenant.teamId,
      budget: { max_limit: 7, reset_duration: '1d' },
    });
    const text = JSON.stringify((await look({ 'x-bf-vk': tenant.key })).json);
    for (const hidden of [sibling.id, sibling.budget?.id, other.keyId, other.teamId, other.id]) {
      expect(text).not.toContain(hidden);
    }
  });

  it('refuses like every other route, each caller in its dialect', async () => {
    const tenant = await tenantWithLimits();
    await proof.governance.updateVirtualKey(tenant.keyId, { is_active: false });
    expect(await look({})).toMatchObject({ status: 400, json: { error: { code: 'virtual_key_required' } } });
    expect(await look({ 'x-bf-vk': 'sk-bf-nobody' })).toMatchObject({
      status: 403,
      json: { code: 'virtual_key_not_found' },
    });
    expect(await look({ authorization: `Bearer ${tenant.key}` })).toMatchObject({
      status: 401,
      json: { error: { code: 'virtual_key_blocked', denied_by: { entity: 'virtual_key', rule: 'is_active' } } },
    });
  });
});
