import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { credentialOf, providersWith } from './credential-providers.js';
import { KNOWN_PROVIDERS, knownBaseUrlOf, providerNameFrom } from './known-providers.js';

const own = { has: (name: string) => name === 'openai', names: (): readonly string[] => ['openai'] };
const credentials = [
  { provider: 'gemini', id: 'g' },
  { provider: 'openai', id: 'o' },
];

describe('providersWith', () => {
  it('is the very list of the gateway where the organization has no credentials', () => {
    expect(providersWith([], own)).toBe(own);
  });

  it('adds what only the organization has a credential for', () => {
    const providers = providersWith(credentials, own);
    expect(providers.names()).toEqual(['openai', 'gemini']);
    expect(['openai', 'gemini', 'google', 'groq'].map((name) => providers.has(name))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('has every provider that it names, and everything that the gateway has', () => {
    const name = fc.constantFrom('openai', 'groq', 'gemini', 'mistral', 'my-vllm');
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (gateway, organization) => {
        const list = { has: (one: string) => (gateway as string[]).includes(one), names: () => gateway };
        const providers = providersWith(
          organization.map((provider) => ({ provider })),
          list,
        );
        expect([...providers.names()].toSorted()).toEqual([...new Set([...gateway, ...organization])].toSorted());
        expect(providers.names().every((one) => providers.has(one))).toBe(true);
      }),
    );
  });
});

describe('credentialOf', () => {
  it('finds a credential by either name of its provider, and none for another one', () => {
    expect(credentialOf(credentials, 'openai')?.id).toBe('o');
    expect(credentialOf(credentials, 'google')?.id).toBe('g');
    expect(credentialOf(credentials, 'gemini')?.id).toBe('g');
    expect(credentialOf(credentials, 'groq')).toBeUndefined();
    expect(credentialOf([], 'openai')).toBeUndefined();
  });
});

describe('providerNameFrom', () => {
  it.each([
    ['OpenAI', 'openai'],
    ['google', 'gemini'],
    ['GEMINI', 'gemini'],
    ['my-vllm.2', 'my-vllm.2'],
    ['', undefined],
    ['a/b', undefined],
    ['-x', undefined],
    ['ünï', undefined],
    ['a'.repeat(64), undefined],
    ['open ai', undefined],
  ])('reads %j as %j', (text, name) => {
    expect(providerNameFrom(text)).toBe(name);
  });

  it('knows addresses by stored names only, all of them encrypted and without a slash at the end', () => {
    for (const { name, baseUrl } of KNOWN_PROVIDERS) {
      expect(providerNameFrom(name)).toBe(name);
      expect(knownBaseUrlOf(name)).toBe(baseUrl);
      expect(baseUrl).toMatch(/^https:\/\/.*[^/]$/);
    }
    expect(knownBaseUrlOf('my-vllm')).toBeUndefined();
  });
});
