import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { readConfig, ROOT } from './config.js';

describe('readConfig', () => {
  it('needs nothing from the environment', () => {
    const config = readConfig({});
    expect(config.localDir).toBe(path.join(ROOT, '.local'));
    expect(config.host).toBe('127.0.0.1');
    expect(Object.values(config.ports).map(({ port }) => port)).toEqual([8080, 8081, 8003, 8082, 8090]);
    expect(config).toMatchObject({ databaseUrl: undefined, redisUrl: undefined, hasSimulator: true, given: {} });
  });

  it('takes an empty variable for an absent one', () => {
    expect(readConfig({ DATABASE_URL: '', OPENAI_API_KEY: ' ', GATEWAY_PORT: '' })).toMatchObject({
      databaseUrl: undefined,
      hasSimulator: true,
    });
  });

  it.each([
    ['OPENAI_API_KEY', 'openai/gpt-4o-mini'],
    ['MISTRAL_API_KEY', 'mistral/mistral-small-latest'],
  ])('leaves the simulator out when %s is given, and shows a model of that provider', (variable, demoModel) => {
    expect(readConfig({ [variable]: 'key' })).toMatchObject({ hasSimulator: false, demoModel });
  });

  it.each(['0', '65536', '80a', '-1', '8080.5'])('names the variable of an unusable port: %s', (text) => {
    expect(() => readConfig({ WORKER_PORT: text })).toThrow(/^WORKER_PORT must be a port .*"/);
  });

  it('refuses two processes on one port', () => {
    expect(() => readConfig({ GATEWAY_PORT: '8003' })).toThrow('GATEWAY_PORT and ADMIN_PORT are both 8003');
  });

  it('lets the environment decide secrets', () => {
    expect(readConfig({ MASTER_KEY: 'mine' }).given).toEqual({ MASTER_KEY: 'mine' });
  });
});
