import { describe, expect, it } from '@jest/globals';
import { evaluateAccess, type KeyQuestion, type ModelQuestion } from './access.js';
import { IpRanges } from './ip-ranges.js';
import type { ProviderConfig } from './provider-config.js';
import type { Suspension } from './suspension.js';

type AccessQuestion = KeyQuestion & ModelQuestion;

const config = (provider: string, allowedModels: readonly string[] | null): ProviderConfig => ({
  id: provider,
  provider,
  weight: 1,
  allowedModels,
});

const stopped = (entity: Suspension['entity']): Suspension => ({
  entity,
  id: 'acme',
  name: 'Acme',
  status: 'suspended',
});

const OPEN: AccessQuestion = {
  isActive: true,
  suspension: null,
  expiresAtMs: null,
  allowedIps: null,
  nowMs: 1_000,
  clientIp: '192.0.2.1',
  providerConfigs: [],
  allowedModels: null,
  allowedProviders: null,
  provider: 'openai',
  model: 'gpt-4o',
};

describe('evaluateAccess', () => {
  it.each<[string, Partial<AccessQuestion>, string | undefined]>([
    ['no lists', {}, undefined],
    ['empty lists', { allowedModels: [], allowedProviders: [] }, undefined],
    ['listed', { allowedModels: ['x', 'gpt-4o'], allowedProviders: ['openai'] }, undefined],
    ['inactive', { isActive: false }, 'virtual_key_blocked'],
    ['inactive before all else', { isActive: false, allowedModels: ['x'] }, 'virtual_key_blocked'],
    ['of a suspended team', { suspension: stopped('team') }, 'team_suspended'],
    ['of a suspended organization', { suspension: stopped('organization') }, 'organization_suspended'],
    ['inactive before suspended', { isActive: false, suspension: stopped('team') }, 'virtual_key_blocked'],
    ['suspended before expired', { suspension: stopped('team'), expiresAtMs: 1 }, 'team_suspended'],
    ['before its end', { expiresAtMs: 1_001 }, undefined],
    ['at its end', { expiresAtMs: 1_000 }, 'virtual_key_expired'],
    ['after its end', { expiresAtMs: 999 }, 'virtual_key_expired'],
    ['inactive before expired', { isActive: false, expiresAtMs: 1 }, 'virtual_key_blocked'],
    ['from an allowed address', { allowedIps: IpRanges.parse(['192.0.2.0/24']) }, undefined],
    ['from another address', { allowedIps: IpRanges.parse(['198.51.100.0/24']) }, 'ip_not_allowed'],
    ['from an address nobody knows', { allowedIps: IpRanges.parse(['0.0.0.0/0']), clientIp: '' }, 'ip_not_allowed'],
    ['from an address nobody asks for', { allowedIps: IpRanges.parse([]), clientIp: null }, undefined],
    ['expired before the address', { expiresAtMs: 1, allowedIps: IpRanges.parse([]) }, 'virtual_key_expired'],
    ['the address before the model', { allowedIps: IpRanges.parse([]), allowedModels: ['x'] }, 'ip_not_allowed'],
    ['another model', { allowedModels: ['gpt-4'] }, 'model_blocked'],
    ['a longer name is another model', { allowedModels: ['gpt-4o-mini'] }, 'model_blocked'],
    ['case matters', { allowedModels: ['GPT-4o'] }, 'model_blocked'],
    ['another provider', { allowedProviders: ['anthropic'] }, 'provider_blocked'],
    ['model before provider', { allowedModels: ['x'], allowedProviders: ['x'] }, 'model_blocked'],
    ['a config of the provider', { providerConfigs: [config('groq', null), config('openai', null)] }, undefined],
    ['a config without models', { providerConfigs: [config('openai', [])] }, undefined],
    ['a config that lists the model', { providerConfigs: [config('openai', ['gpt-4o'])] }, undefined],
    ['configs of other providers only', { providerConfigs: [config('groq', null)] }, 'provider_blocked'],
    ['a config that lists other models', { providerConfigs: [config('openai', ['gpt-4'])] }, 'model_blocked'],
    [
      "a config that allows what the key's list does not",
      { providerConfigs: [config('openai', ['gpt-4o'])], allowedModels: ['x'] },
      'model_blocked',
    ],
    [
      'a config of a provider that the key does not list',
      { providerConfigs: [config('openai', null)], allowedProviders: ['x'] },
      'provider_blocked',
    ],
  ])('%s', (_, more, code) => {
    expect(evaluateAccess({ ...OPEN, ...more })).toMatchObject(
      code === undefined ? { allowed: true } : { allowed: false, code },
    );
  });
});
