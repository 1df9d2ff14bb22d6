import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';
import type { PolicySnapshot } from '@penstock/dto';
import { type AdmissionStore, StoreUnavailableError } from '@penstock/platform';

import { policySnapshot } from '../../../test/support/policy-snapshot.js';
import { PolicyEntry } from '../../policies/policy-entry.js';
import type { PolicyStore } from '../../policies/policy-store.js';
import { type CuttableCall, RevocableCalls } from './revocable-calls.js';

const KEY = 'sk-bf-key';

function policy(fields: Partial<PolicySnapshot> = {}): PolicyEntry {
  return new PolicyEntry(policySnapshot({ streamPolicy: 'cut', ...fields }));
}

/** A call that remembers why it was cut, and ends when it is told to. */
class FakeCall implements CuttableCall {
  readonly reasons: unknown[] = [];
  end!: () => void;
  readonly finished = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  cut(_reason: string, refusal: AppError): void {
    this.reasons.push(refusal.data?.['reason']);
  }
}

let current: PolicyEntry | undefined | Error;
let lookUps: number;
let epochs: Map<string, number>;
let isStoreDown: boolean;
let nowMs: number;
let calls: RevocableCalls;

beforeEach(() => {
  current = policy();
  lookUps = 0;
  epochs = new Map([['t1', 1]]);
  isStoreDown = false;
  nowMs = 1_000;
  const policies = {
    load: () => {
      lookUps += 1;
      return current instanceof Error ? Promise.reject(current) : Promise.resolve(current);
    },
  };
  const store = {
    readEpoch: (tenantId: string) =>
      isStoreDown
        ? Promise.reject(new StoreUnavailableError('away', false))
        : Promise.resolve(epochs.get(tenantId) ?? null),
  };
  calls = new RevocableCalls(policies as unknown as PolicyStore, store as unknown as AdmissionStore, {
    now: () => nowMs,
  });
});

function run(entry = policy()): FakeCall {
  const call = new FakeCall();
  calls.add(KEY, entry, call);
  return call;
}

describe('RevocableCalls', () => {
  it.each<[string, PolicyEntry | undefined, string[]]>([
    ['deactivated', policy({ epoch: 2, isActive: false }), ['virtual_key_blocked']],
    ['deleted', undefined, ['virtual_key_not_found']],
    [
      'suspended with its team',
      policy({ epoch: 2, suspension: { entity: 'team', id: 'hr', name: 'HR', status: 'paused' } }),
      ['team_suspended'],
    ],
    ['expired', policy({ epoch: 2, expiresAtMs: 1_000 }), ['virtual_key_expired']],
    ['changed otherwise', policy({ epoch: 2, allowedModels: ['x'] }), []],
    ['bound to other addresses', policy({ epoch: 2, allowedIps: ['192.0.2.1'] }), []],
    ['left to finish by a new stream policy', policy({ epoch: 2, isActive: false, streamPolicy: 'finish' }), []],
  ])('a key that was %s', async (_, changed, reasons) => {
    const call = run();
    current = changed;
    await calls.policyChanged('t1', 2);
    expect(call.reasons).toEqual(reasons);
  });

  it('does not look up what it knows already, nor what is of others', async () => {
    run(policy({ epoch: 2 }));
    await calls.policyChanged('t1', 2);
    await calls.policyChanged('t2', 9);
    expect(lookUps).toBe(0);
  });

  it('finds out by the epoch when no message came, and only then asks', async () => {
    const call = run();
    await calls.check();
    expect(lookUps).toBe(0);
    epochs.set('t1', 2);
    current = policy({ epoch: 2, isActive: false });
    await calls.check();
    expect(call.reasons).toEqual(['virtual_key_blocked']);
  });

  it('cuts at the end of a key without any change', async () => {
    const call = run(policy({ expiresAtMs: 2_000 }));
    nowMs = 1_999;
    await calls.check();
    expect(call.reasons).toEqual([]);
    nowMs = 2_000;
    await calls.check();
    expect(call.reasons).toEqual(['virtual_key_expired']);
  });

  it('lets calls go on while nobody can say, and asks again', async () => {
    const call = run();
    epochs.set('t1', 2);
    current = new AppError('policy_unavailable');
    await calls.check();
    isStoreDown = true;
    await calls.check();
    expect(call.reasons).toEqual([]);
    isStoreDown = false;
    current = undefined;
    await calls.check();
    expect(call.reasons).toEqual(['virtual_key_not_found']);
  });

  it('follows a key into another tenant', async () => {
    const call = run();
    current = policy({ tenantId: 't2', epoch: 1 });
    await calls.policyChanged('t1', 2);
    epochs.set('t2', 2);
    current = policy({ tenantId: 't2', epoch: 2, isActive: false });
    await calls.check();
    expect(call.reasons).toEqual(['virtual_key_blocked']);
  });

  it('lets go of calls that have ended', async () => {
    const [ended, running] = [run(), run()];
    ended.end();
    await ended.finished;
    current = undefined;
    await calls.policyChanged('t1', 2);
    expect([ended.reasons, running.reasons]).toEqual([[], ['virtual_key_not_found']]);
    running.end();
    await running.finished;
    await calls.policyChanged('t1', 3);
    expect(lookUps).toBe(1);
  });
});
