import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';

import { BaseConfig } from './base-config.js';
import { ConfigError, type ConfigProblem } from './config-error.js';
import { BoolEnv, CsvEnv, IntEnv, PortEnv, SecretEnv, UrlEnv } from './env-decorators.js';
import { loadConfig } from './load-config.js';
import type { Secret } from './secret.js';

class SampleConfig extends BaseConfig {
  @UrlEnv({ protocols: ['postgres', 'postgresql'] })
  DATABASE_URL: string;

  @PortEnv()
  SAMPLE_PORT: number = 8081;

  @SecretEnv({ minLength: 8 })
  MASTER_KEY: Secret;

  @SecretEnv({ optional: true })
  OPTIONAL_KEY?: Secret;

  @BoolEnv()
  SAMPLE_FLAG: boolean = false;

  @CsvEnv()
  SAMPLE_LIST: readonly string[] = [];

  @IntEnv({ min: 5 })
  SAMPLE_MIN: number = 5;

  crossCheck(): ConfigProblem[] {
    return this.SAMPLE_FLAG && this.SAMPLE_LIST.length === 0
      ? [{ variable: 'SAMPLE_LIST', reason: 'must not be empty when SAMPLE_FLAG is true' }]
      : [];
  }
}

const complete = {
  REDIS_URL: 'redis://localhost:6379/',
  DATABASE_URL: 'postgres://penstock:hunter2@localhost/penstock',
  MASTER_KEY: 'a-master-key',
};

function problemsOf(env: NodeJS.ProcessEnv): readonly ConfigProblem[] {
  try {
    loadConfig(SampleConfig, env);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('parses text into types, keeps defaults and drops what it does not know', () => {
    const config = loadConfig(SampleConfig, {
      ...complete,
      SAMPLE_PORT: '0',
      SAMPLE_FLAG: 'true',
      SAMPLE_LIST: ' a, ,b ',
      PATH: '/usr/bin',
    });

    expect(config).toBeInstanceOf(SampleConfig);
    expect(config.SAMPLE_PORT).toBe(0);
    expect(config.SAMPLE_LIST).toEqual(['a', 'b']);
    expect(config.REDIS_URL).toBe('redis://localhost:6379');
    expect(config.MASTER_KEY.reveal()).toBe('a-master-key');
    expect(config.OPTIONAL_KEY).toBeUndefined();
    expect(config.PENSTOCK_SHUTDOWN_GRACE_MS).toBe(20_000);
    expect(config.PENSTOCK_TRUSTED_PROXIES).toEqual(['loopback']);
    expect('PATH' in config).toBe(false);
  });

  it('lists every problem at once, inherited variables included', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://localhost',
      MASTER_KEY: 'short',
      SAMPLE_PORT: '70000',
      SAMPLE_FLAG: 'yes',
      SAMPLE_MIN: '1e3',
      PENSTOCK_LOG_LEVEL: 'loud',
    });

    expect(problems.map(({ variable }) => variable).toSorted()).toEqual([
      'DATABASE_URL',
      'MASTER_KEY',
      'PENSTOCK_LOG_LEVEL',
      'REDIS_URL',
      'SAMPLE_FLAG',
      'SAMPLE_MIN',
      'SAMPLE_PORT',
    ]);
    expect(problems.find(({ variable }) => variable === 'REDIS_URL')?.reason).toBe('is required but not set');
  });

  it('counts the empty text as not set', () => {
    expect(problemsOf({ ...complete, MASTER_KEY: '' })).toEqual([
      { variable: 'MASTER_KEY', reason: 'is required but not set' },
    ]);
    expect(loadConfig(SampleConfig, { ...complete, SAMPLE_PORT: '' }).SAMPLE_PORT).toBe(8081);
  });

  it('runs checks across variables', () => {
    expect(problemsOf({ ...complete, SAMPLE_FLAG: 'true' })).toEqual([
      { variable: 'SAMPLE_LIST', reason: 'must not be empty when SAMPLE_FLAG is true' },
    ]);
  });

  it('never repeats a secret or a URL with a password in its message', () => {
    const problems = problemsOf({ ...complete, MASTER_KEY: 'hunter2', DATABASE_URL: 'mysql://a:hunter2@b' });

    expect(problems).toHaveLength(2);
    expect(new ConfigError(problems).message).not.toContain('hunter2');
  });

  it('returns an object that cannot be changed', () => {
    const config = loadConfig(SampleConfig, complete);

    expect(() => {
      config.SAMPLE_PORT = 1;
    }).toThrow(TypeError);
  });
});

describe('Secret', () => {
  it('prints nothing of itself', () => {
    const { MASTER_KEY: secret } = loadConfig(SampleConfig, complete);

    for (const text of [
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ secret }, { depth: 9 }),
    ]) {
      expect(text).not.toContain('a-master-key');
      expect(text).toContain('[redacted]');
    }
  });
});
