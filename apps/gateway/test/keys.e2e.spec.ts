import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sendChat, type VirtualKey, type VirtualKeyInput, waitFor } from '@penstock/testing';

import { MODEL, Proof } from './support/proof.js';

const GATEWAYS = [0, 1] as const;

interface Refusal {
  readonly status: number;
  readonly code?: string;
  readonly expired_at?: string;
  readonly client_ip?: string;
}

let proof: Proof;
let count = 0;

beforeAll(async () => {
  proof = await Proof.start();
  // The first gateway has its default: the tests' own address is a proxy that it trusts. The second trusts another.
  await proof.stack.gateways[1]!.restart({ PENSTOCK_TRUSTED_PROXIES: '192.0.2.1' });
});

afterAll(() => proof?.stop());

async function createKey(input: VirtualKeyInput = {}): Promise<VirtualKey & { readonly label: string }> {
  count += 1;
  const label = `k${count}-`;
  return { label, ...(await proof.governance.createVirtualKey({ name: `${label}${process.pid}`, ...input })) };
}

/** A call with a value, through one gateway. */
async function call(
  value: string,
  gateway: (typeof GATEWAYS)[number],
  headers: Record<string, string> = {},
  credential: 'x-bf-vk' | 'authorization' = 'x-bf-vk',
): Promise<Refusal> {
  const gatewayUrl = proof.stack.gatewayUrls[gateway]!;
  const response = await sendChat({ gatewayUrl, key: value, credential, headers, body: { model: MODEL } });
  return answerOf(response);
}

async function models(value: string, gateway: number, headers: Record<string, string> = {}): Promise<Refusal> {
  return answerOf(
    await fetch(`${proof.stack.gatewayUrls[gateway]}/v1/models`, { headers: { 'x-bf-vk': value, ...headers } }),
  );
}

async function answerOf(response: Response): Promise<Refusal> {
  const body = (await response.json()) as { error?: object };
  return { ...body, ...(typeof body.error === 'object' ? body.error : {}), status: response.status };
}

async function passed(instant: string): Promise<void> {
  await waitFor(async () => Date.now() >= Date.parse(instant), { what: `${instant} to pass` });
}

describe('a rotated key', () => {
  it('is served by both values during the overlap, on every gateway, and counts as one key', async () => {
    const key = await createKey({ rate_limit: { request_max_limit: 7, request_reset_duration: '1d' } });
    for (const gateway of GATEWAYS) expect((await call(key.value, gateway)).status).toBe(200);

    const rotated = await proof.governance.rotateVirtualKey(key.id, '1h');

    for (const gateway of GATEWAYS) {
      expect((await call(key.value, gateway)).status).toBe(200);
      expect((await call(rotated.value, gateway)).status).toBe(200);
    }
    expect((await call(rotated.value, 0)).status).toBe(200);
    for (const value of [key.value, rotated.value]) {
      expect(await call(value, 1)).toMatchObject({ status: 429, code: 'request_limited' });
    }
  });

  it('is refused with the old value from the very next call on when there is no overlap', async () => {
    const key = await createKey();
    for (const gateway of GATEWAYS) expect((await call(key.value, gateway)).status).toBe(200);

    const rotated = await proof.governance.rotateVirtualKey(key.id);

    for (const gateway of GATEWAYS) {
      expect(await call(key.value, gateway)).toMatchObject({ status: 403, code: 'virtual_key_not_found' });
      expect((await call(rotated.value, gateway)).status).toBe(200);
    }
  });

  it('is refused with the old value once the overlap is over, by gateways that nobody told', async () => {
    const key = await createKey();
    const rotated = await proof.governance.rotateVirtualKey(key.id, '4s');
    const endsAt = rotated.secrets[1]!.expires_at!;
    for (const gateway of GATEWAYS) expect((await call(key.value, gateway)).status).toBe(200);

    await passed(endsAt);

    for (const gateway of GATEWAYS) {
      const refusal = { status: 403, code: 'virtual_key_expired', expired_at: endsAt };
      expect(await call(key.value, gateway)).toMatchObject(refusal);
      expect((await call(rotated.value, gateway)).status).toBe(200);
    }
  });

  it('shows for each value when it was last used', async () => {
    const key = await createKey();
    await call(key.value, 0);
    const rotated = await proof.governance.rotateVirtualKey(key.id, '1h');
    await call(rotated.value, 1);

    const { secrets } = await waitFor(
      async () => {
        const shown = await proof.governance.getVirtualKey(key.id);
        return shown.secrets.every(({ last_used_at }) => last_used_at !== null) ? shown : undefined;
      },
      { what: 'both values to have been used' },
    );
    const [current, previous] = secrets.map(({ last_used_at }) => Date.parse(last_used_at ?? ''));
    expect(secrets.map(({ id }) => id)).toEqual(rotated.secrets.map(({ id }) => id));
    expect(previous).toBeLessThan(current!);
  });
});

describe('a key with an end', () => {
  it('is refused from its end on, everywhere, without a change of policy; and served again when it gets a later one', async () => {
    const expires_at = new Date(Date.now() + 4_000).toISOString();
    const key = await createKey({ expires_at });
    for (const gateway of GATEWAYS) {
      expect((await call(key.value, gateway)).status).toBe(200);
      expect((await models(key.value, gateway)).status).toBe(200);
    }

    await passed(expires_at);

    const refusal = { code: 'virtual_key_expired', expired_at: expires_at, remedy: expect.any(String) };
    for (const gateway of GATEWAYS) {
      expect(await call(key.value, gateway)).toMatchObject({ status: 403, ...refusal });
      expect(await call(key.value, gateway, {}, 'authorization')).toMatchObject({ status: 401, ...refusal });
      expect(await models(key.value, gateway)).toMatchObject({ status: 403, ...refusal });
    }
    await proof.governance.updateVirtualKey(key.id, { expires_at: '2199-01-01T00:00:00Z' });
    for (const gateway of GATEWAYS) {
      expect((await call(key.value, gateway)).status).toBe(200);
      expect((await models(key.value, gateway)).status).toBe(200);
    }
  });
});

describe('a key with a list of addresses', () => {
  const OFFICE = ['203.0.113.0/24', '2001:db8::/32'];
  let key: VirtualKey;

  beforeAll(async () => {
    key = await createKey({ allowed_ips: OFFICE });
  });

  it.each([
    ['203.0.113.7', undefined],
    ['::ffff:203.0.113.7', undefined],
    ['2001:db8::17', undefined],
    ['203.0.113.7, 127.0.0.1', undefined],
    ['198.51.100.9, 203.0.113.7', undefined],
    ['203.0.113.7, 198.51.100.9', '198.51.100.9'],
    ['198.51.100.9', '198.51.100.9'],
    ['2001:db9::17', '2001:db9::17'],
    ['unknown', 'unknown'],
    [undefined, '127.0.0.1'],
  ])('behind a trusted proxy that forwards %p: refused as %p', async (forwarded, refused) => {
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    const expected =
      refused === undefined ? { status: 200 } : { status: 403, code: 'ip_not_allowed', client_ip: refused };

    expect(await call(key.value, 0, headers)).toMatchObject(expected);
    expect(await call(key.value, 0, headers, 'authorization')).toMatchObject(expected);
    expect(await models(key.value, 0, headers)).toMatchObject(expected);
  });

  it('is judged by the peer where that is no trusted proxy, whatever it says', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.7' };
    expect(await call(key.value, 1, headers)).toMatchObject({ status: 403, client_ip: '127.0.0.1' });

    const local = await createKey({ allowed_ips: ['127.0.0.1'] });
    expect((await call(local.value, 1, headers)).status).toBe(200);
  });

  it('obeys a change of the list with the very next call, and serves everybody without one', async () => {
    const own = await createKey({ allowed_ips: ['127.0.0.0/8'] });
    for (const gateway of GATEWAYS) expect((await call(own.value, gateway)).status).toBe(200);
    await proof.governance.updateVirtualKey(own.id, { allowed_ips: OFFICE });
    for (const gateway of GATEWAYS) expect((await call(own.value, gateway)).status).toBe(403);
    await proof.governance.updateVirtualKey(own.id, { allowed_ips: [] });
    for (const gateway of GATEWAYS) expect((await call(own.value, gateway)).status).toBe(200);
  });

  it('reserves and counts nothing of what it refuses', async () => {
    const own = await createKey({
      allowed_ips: OFFICE,
      rate_limit: { request_max_limit: 5, request_reset_duration: '1d' },
    });
    expect((await call(own.value, 1, { 'x-request-id': `${own.label}refused` })).status).toBe(403);

    expect([...(await proof.stateOf(own.id)).counters.values()]).toEqual([]);
    expect(await proof.simulator.entriesOf(own.label)).toEqual([]);
  });
});
