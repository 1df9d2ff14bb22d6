import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';
import type { SealedProviderCredential } from '@penstock/dto';
import { AddressPolicy, parseEncryptionKeys, parseNetworks, type SealedSecret, SecretBox } from '@penstock/platform';

import { policySnapshot } from '../../test/support/policy-snapshot.js';
import { OrganizationPools } from './organization-pools.js';
import { OrganizationProviders } from './organization-providers.js';
import { ProviderRegistry } from './providers.js';

const KEYS = parseEncryptionKeys(`1:${Buffer.alloc(32, 1).toString('base64')}`);
const DEADLINES = { connectMs: 1_000, headersMs: 2_000, idleMs: 2_000 };
const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** Counts how often a secret is opened. */
class CountingBox extends SecretBox {
  opened = 0;

  override decrypt(sealed: SealedSecret, boundId: string): string {
    this.opened += 1;
    return super.decrypt(sealed, boundId);
  }
}

const box = new SecretBox(KEYS);

function credential(fields: Partial<SealedProviderCredential> = {}, key = 'sk-organization'): SealedProviderCredential {
  const credentialId = fields.credentialId ?? 'c1';
  const { ciphertext, keyVersion } = box.encrypt(key, credentialId);
  const sealedKey = ciphertext.toString('base64');
  return { credentialId, provider: 'openai', apiBase: null, sealedKey, keyVersion, ...fields };
}

function providersOf(networks: readonly string[] = [], resolved: readonly string[] = []) {
  const addresses = new AddressPolicy(parseNetworks(networks), 'PENSTOCK_PROVIDER_ALLOWED_NETWORKS');
  const answers = [...resolved];
  const pools = new OrganizationPools(DEADLINES, addresses, (_hostname, _options, done) => {
    done(null, [{ address: answers.length > 1 ? (answers.shift() as string) : (answers[0] ?? ''), family: 4 }]);
  });
  const own = new ProviderRegistry(
    [{ name: 'openai', baseUrl: 'http://proxy.internal/v1', apiKey: 'sk-gateway', clientGonePolicy: 'drain' }],
    DEADLINES,
  );
  const counting = new CountingBox(KEYS);
  const providers = new OrganizationProviders(own, counting, addresses, pools, 'drain');
  cleanUps.push(
    () => own.close(),
    () => providers.close(),
  );
  return { providers, pools, counting };
}

function snapshotWith(...providerCredentials: readonly SealedProviderCredential[]) {
  return policySnapshot({ providerCredentials });
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanUps.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('OrganizationProviders', () => {
  it('takes the gateway’s own provider where the organization has no credential for it', () => {
    const { providers, counting } = providersOf();
    expect(providers.of(snapshotWith(), 'openai').authorization).toBe('Bearer sk-gateway');
    expect(providers.of(snapshotWith(credential({ provider: 'groq' })), 'openai').authorization).toBe(
      'Bearer sk-gateway',
    );
    expect(counting.opened).toBe(0);
  });

  it('opens a sealed key once, and another text of the same credential anew', () => {
    const { providers, counting } = providersOf();
    const first = credential();
    for (let call = 0; call < 5; call += 1) {
      // Every call may come with another copy of the policy.
      const provider = providers.of(snapshotWith({ ...first }), 'openai');
      expect(provider.authorization).toBe('Bearer sk-organization');
    }
    expect(counting.opened).toBe(1);
    const replaced = providers.of(snapshotWith(credential({}, 'sk-replaced')), 'openai');
    expect(replaced.authorization).toBe('Bearer sk-replaced');
    expect(counting.opened).toBe(2);
  });

  it.each<[string, Partial<SealedProviderCredential>, string]>([
    ['the address of the environment before the documented one', {}, 'http://proxy.internal/v1'],
    [
      'the documented address of a provider that the environment lacks',
      { provider: 'groq' },
      'https://api.groq.com/openai/v1',
    ],
    ['its own address before any other', { apiBase: 'https://eu.example.com/v1' }, 'https://eu.example.com/v1'],
  ])('uses %s', (_, fields, baseUrl) => {
    const { providers } = providersOf();
    const one = credential(fields);
    expect(providers.of(snapshotWith(one), one.provider).baseUrl).toBe(baseUrl);
  });

  it('finds the credential for gemini by the name that the catalogue has', () => {
    const { providers } = providersOf();
    const provider = providers.of(snapshotWith(credential({ provider: 'gemini' })), 'google');
    expect(provider).toMatchObject({
      name: 'google',
      baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    });
  });

  it.each<[string, Partial<SealedProviderCredential>]>([
    ['sealed with a key that this gateway lacks', { keyVersion: 7 }],
    ['altered', { sealedKey: Buffer.alloc(60, 3).toString('base64') }],
    ['too short', { sealedKey: 'AAAA' }],
    ['at a metadata service', { apiBase: 'https://169.254.169.254/v1' }],
    ['reached in the clear', { apiBase: 'http://93.184.216.34/v1' }],
    ['nowhere', { provider: 'my-vllm' }],
  ])('refuses a credential that is %s by its id, and tries it again the next time', (_, fields) => {
    const { providers } = providersOf();
    const broken = credential(fields);
    for (let call = 0; call < 2; call += 1) {
      expect(() => providers.of(snapshotWith(broken), broken.provider)).toThrow(
        expect.objectContaining({ code: 'provider_credential_unusable', detail: expect.stringContaining("'c1'") }),
      );
    }
  });

  it('does not open a text that was sealed for another credential', () => {
    const { providers } = providersOf();
    expect(() => providers.of(snapshotWith({ ...credential(), credentialId: 'c2' }), 'openai')).toThrow(AppError);
  });
});

describe('OrganizationPools', () => {
  it('refuses a name that has come to mean an inside address since it was connected to', async () => {
    const port = await listen(createServer((_request, response) => response.end('served')));
    const { providers } = providersOf(['127.0.0.1/32'], ['127.0.0.1', '169.254.169.254']);
    const snapshot = snapshotWith(credential({ apiBase: `http://rebinding.example.com:${port}/v1` }));
    const ask = async (): Promise<number> => {
      const provider = providers.of(snapshot, 'openai');
      const answer = await provider.pool.request({ method: 'GET', path: provider.path('/x'), reset: true });
      await answer.body.dump();
      return answer.statusCode;
    };

    expect(await ask()).toBe(200);
    await expect(ask()).rejects.toMatchObject({ name: 'RefusedAddressError' });
  });

  it('keeps so many origins at most, and one that is given up finishes what it has', async () => {
    let answer!: () => void;
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let arrived!: () => void;
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const port = await listen(
      createServer((_request, response) => {
        arrived();
        void asked.then(() => response.end('late'));
      }),
    );
    const { pools } = providersOf();
    const origin = `http://127.0.0.1:${port}`;
    const first = pools.trusted(origin);
    const pending = first.request({ method: 'GET', path: '/' });
    await arrival;
    expect(pools.trusted(origin)).toBe(first);
    for (let index = 0; index < 256; index += 1) pools.trusted(`http://other-${index}.example.com`);
    expect(pools.trusted(origin)).not.toBe(first);
    answer();

    expect(await (await pending).body.text()).toBe('late');
  });

  it('keeps addresses of the installation apart from the same ones of organizations', () => {
    const { pools } = providersOf(['127.0.0.1/32']);
    expect(pools.trusted('http://127.0.0.1:9')).not.toBe(pools.guarded('http://127.0.0.1:9'));
  });
});
