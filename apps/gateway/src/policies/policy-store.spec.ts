import { EventEmitter } from 'node:events';

import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';
import { POLICY_CHANNEL, type PolicyLookup, type PolicySnapshot, snapshotKey } from '@penstock/dto';
import { type AdmissionStore, KeyHasher, StoreUnavailableError } from '@penstock/platform';
import type { Redis } from 'ioredis';

import { policySnapshot } from '../../test/support/policy-snapshot.js';
import type { GovernanceClient } from './governance-client.js';
import { PolicyStore } from './policy-store.js';

const KEY = 'sk-bf-test';
const hasher = new KeyHasher('a secret of the test');
const CACHE_KEY = snapshotKey(hasher.hash(KEY));

function snapshot(epoch: number, fields: Partial<PolicySnapshot> = {}): PolicySnapshot {
  return policySnapshot({ epoch, ...fields });
}

/** The snapshot cache in Redis and the epochs of tenants. */
class FakeStore {
  readonly cache = new Map<string, string>();
  readonly epochs = new Map<string, number>();
  isDown = false;

  async get(key: string): Promise<string | null> {
    if (this.isDown) throw new Error('Connection is closed.');
    return this.cache.get(key) ?? null;
  }

  async readEpoch(tenantId: string): Promise<number | null> {
    if (this.isDown) throw new StoreUnavailableError('Redis does not answer', false);
    return this.epochs.get(tenantId) ?? null;
  }
}

/** Governance with one key; answers are held back while told to. */
class FakeGovernance {
  policy: PolicySnapshot | undefined;
  isDown = false;
  lookUps: string[] = [];
  gate: Promise<void> = Promise.resolve();

  constructor(private readonly store: FakeStore) {}

  async lookUp(keyHash: string): Promise<PolicyLookup> {
    this.lookUps.push(keyHash);
    const { policy } = this;
    await this.gate;
    if (this.isDown) throw new AppError('policy_unavailable');
    return policy === undefined ? { found: false } : { found: true, snapshot: policy };
  }

  async loadTenant(tenantId: string): Promise<void> {
    if (this.isDown) throw new AppError('policy_unavailable');
    if (this.policy !== undefined) this.store.epochs.set(tenantId, this.policy.epoch);
  }
}

class FakeSubscriber extends EventEmitter {
  readonly channels: string[] = [];

  async subscribe(channel: string): Promise<void> {
    this.channels.push(channel);
  }
}

let redis: FakeStore;
let governance: FakeGovernance;
let policies: PolicyStore;

beforeEach(() => {
  redis = new FakeStore();
  governance = new FakeGovernance(redis);
  policies = new PolicyStore(
    redis as unknown as Redis,
    redis as unknown as AdmissionStore,
    governance as unknown as GovernanceClient,
    hasher,
  );
});

describe('load', () => {
  it('asks governance once for many calls at once, and then memory answers', async () => {
    governance.policy = snapshot(1);
    const loads = await Promise.all([policies.load(KEY), policies.load(KEY), policies.load(KEY)]);
    expect(loads.map((entry) => entry?.snapshot.epoch)).toEqual([1, 1, 1]);
    expect(governance.lookUps).toEqual([hasher.hash(KEY)]);
    expect(policies.peek(KEY)?.snapshot.epoch).toBe(1);
    expect(policies.peek('sk-bf-other')).toBeUndefined();
  });

  it('is content with the copy in Redis while it is current', async () => {
    redis.cache.set(CACHE_KEY, JSON.stringify(snapshot(3)));
    redis.epochs.set('t1', 3);
    expect((await policies.load(KEY))?.snapshot.epoch).toBe(3);
    expect(governance.lookUps).toEqual([]);
  });

  it('passes over a copy that is older than the epoch in force, or than asked for', async () => {
    governance.policy = snapshot(4);
    redis.cache.set(CACHE_KEY, JSON.stringify(snapshot(3)));
    redis.epochs.set('t1', 4);
    expect((await policies.load(KEY))?.snapshot.epoch).toBe(4);
    redis.epochs.clear();
    expect((await policies.load(KEY, 4))?.snapshot.epoch).toBe(4);
    expect(governance.lookUps).toHaveLength(2);
  });

  it.each(['', '{', 'null', '7', '{"schemaVersion":1}', '{"schemaVersion":3}'])(
    'takes an unreadable copy for none: %j',
    async (text) => {
      governance.policy = snapshot(1);
      redis.cache.set(CACHE_KEY, text);
      expect((await policies.load(KEY))?.snapshot.epoch).toBe(1);
    },
  );

  it('believes a fresh "no such key", and forgets the key', async () => {
    governance.policy = snapshot(1);
    await policies.load(KEY);
    redis.cache.set(CACHE_KEY, '-');
    expect(await policies.load(KEY)).toBeUndefined();
    expect(policies.peek(KEY)).toBeUndefined();
    expect(governance.lookUps).toHaveLength(1);
  });

  it('does not know a key that governance does not know', async () => {
    expect(await policies.load(KEY)).toBeUndefined();
    expect(policies.peek(KEY)).toBeUndefined();
  });

  it('tells "cannot verify" from "unknown"', async () => {
    governance.isDown = true;
    await expect(policies.load(KEY)).rejects.toMatchObject({ code: 'policy_unavailable' });
    redis.isDown = true;
    await expect(policies.load(KEY)).rejects.toBeInstanceOf(StoreUnavailableError);
  });

  it('does not take an answer of another release for a policy', async () => {
    governance.policy = snapshot(1, { schemaVersion: 1 as never });
    await expect(policies.load(KEY)).rejects.toMatchObject({ code: 'policy_unavailable' });
  });

  it('asks again after a failure', async () => {
    governance.isDown = true;
    await expect(policies.load(KEY)).rejects.toMatchObject({ code: 'policy_unavailable' });
    governance.isDown = false;
    governance.policy = snapshot(1);
    expect((await policies.load(KEY))?.snapshot.epoch).toBe(1);
  });

  it('does not let a late answer put an old policy back', async () => {
    governance.policy = snapshot(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    governance.gate = promise;
    const late = policies.load(KEY);
    // The first look-up has its answer before the policy changes, and delivers it afterwards.
    while (governance.lookUps.length === 0) await Promise.resolve();
    governance.gate = Promise.resolve();
    governance.policy = snapshot(2, { isActive: false });
    await policies.load(KEY, 2);
    resolve();
    expect((await late)?.snapshot.epoch).toBe(2);
    expect(policies.peek(KEY)?.snapshot.isActive).toBe(false);
  });

  it('follows a key into another tenant, whatever the epochs', async () => {
    governance.policy = snapshot(9);
    await policies.load(KEY);
    governance.policy = snapshot(1, { tenantId: 't2' });
    expect((await policies.load(KEY, 10))?.snapshot).toMatchObject({ tenantId: 't2', epoch: 1 });
  });
});

describe('isCurrent', () => {
  it.each([
    [1, true],
    [2, true],
    [3, false],
  ])('compares with epoch %p in force', async (inForce, isCurrent) => {
    governance.policy = snapshot(2);
    const entry = await policies.load(KEY);
    redis.epochs.set('t1', inForce);
    expect(await policies.isCurrent(entry!)).toBe(isCurrent);
  });

  it('finds out the epoch of a tenant that Redis does not know yet', async () => {
    governance.policy = snapshot(1, { isActive: false });
    const entry = await policies.load(KEY);
    governance.policy = snapshot(2);
    expect(await policies.isCurrent(entry!)).toBe(false);
  });

  it('trusts memory when governance is away, and refuses to guess when Redis is', async () => {
    governance.policy = snapshot(1);
    const entry = await policies.load(KEY);
    governance.isDown = true;
    expect(await policies.isCurrent(entry!)).toBe(true);
    redis.isDown = true;
    await expect(policies.isCurrent(entry!)).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});

describe('follow', () => {
  let subscriber: FakeSubscriber;
  const publish = (message: unknown): boolean =>
    subscriber.emit('message', POLICY_CHANNEL, typeof message === 'string' ? message : JSON.stringify(message));
  const changed = (tenantId: string, epoch: number) => ({
    type: 'policy.invalidated',
    schemaVersion: 1,
    tenantId,
    epoch,
  });

  beforeEach(async () => {
    subscriber = new FakeSubscriber();
    policies.follow(subscriber as unknown as Redis, POLICY_CHANNEL);
    governance.policy = snapshot(2);
    await policies.load(KEY);
  });

  it('forgets what a newer policy of its tenant replaces, and only that', () => {
    expect(subscriber.channels).toEqual([POLICY_CHANNEL]);
    publish(changed('t2', 9));
    publish(changed('t1', 2));
    expect(policies.peek(KEY)).toBeDefined();
    publish(changed('t1', 3));
    expect(policies.peek(KEY)).toBeUndefined();
  });

  it.each(['', 'garbage', '{}', '{"type":"policy.invalidated","schemaVersion":2,"tenantId":"t1","epoch":1}'])(
    'forgets everything on a message it does not understand: %j',
    (message) => {
      publish(message);
      expect(policies.peek(KEY)).toBeUndefined();
    },
  );

  it('forgets everything when the connection comes back: news may have been missed', () => {
    subscriber.emit('ready');
    expect(policies.peek(KEY)).toBeUndefined();
  });
});
