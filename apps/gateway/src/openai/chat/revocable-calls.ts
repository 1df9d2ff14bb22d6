import { AppError, type Clock, refuseKey } from '@penstock/domain';
import { AdmissionStore, StoreUnavailableError } from '@penstock/platform';

import type { PolicyEntry } from '../../policies/policy-entry.js';
import type { PolicyStore } from '../../policies/policy-store.js';

/** A running call that can be ended. */
export interface CuttableCall {
  readonly finished: Promise<void>;
  cut(reason: string, refusal: AppError): void;
}

/** The running calls of one key, and the newest policy that is known of it. */
interface KeyCalls {
  readonly keyValue: string;
  readonly calls: Set<CuttableCall>;
  policy: PolicyEntry;
}

/** Keys that are looked up at the same time: a change that concerns a thousand keys is no reason to flood governance. */
const LOOK_UPS_MAX = 8;

/**
 * The running calls of tenants whose policy is to cut them when their key may not be used any more: because it was
 * deactivated or deleted, or has expired. News come by pub/sub at once; because it may lose them, {@link check} asks
 * for the epochs of these tenants, and looks at the clock.
 */
export class RevocableCalls {
  private readonly keys = new Map<string, KeyCalls>();
  private checking: Promise<void> | undefined;

  constructor(
    private readonly policies: PolicyStore,
    private readonly store: AdmissionStore,
    private readonly clock: Clock,
  ) {}

  /** Watches a call, admitted under this policy, until it has finished. */
  add(keyValue: string, policy: PolicyEntry, call: CuttableCall): void {
    const key = this.keys.get(keyValue) ?? { keyValue, policy, calls: new Set() };
    // Of two calls that were admitted at about the same time the later one may know less.
    if (key.policy.snapshot.epoch < policy.snapshot.epoch || !isSameTenant(key.policy, policy)) key.policy = policy;
    key.calls.add(call);
    this.keys.set(keyValue, key);
    void call.finished.then(() => {
      key.calls.delete(call);
      if (key.calls.size === 0 && this.keys.get(keyValue) === key) this.keys.delete(keyValue);
    });
  }

  /** A policy of the tenant has changed: looks up its keys whose policy is older than this epoch. */
  async policyChanged(tenantId: string, epoch: number): Promise<void> {
    const stale = [...this.keys.values()].filter(
      ({ policy: { snapshot } }) => snapshot.tenantId === tenantId && snapshot.epoch < epoch,
    );
    for (let from = 0; from < stale.length; from += LOOK_UPS_MAX) {
      await Promise.all(stale.slice(from, from + LOOK_UPS_MAX).map((key) => this.lookUp(key, epoch)));
    }
  }

  /** Looks at every key with running calls; one round at a time. */
  check(): Promise<void> {
    this.checking ??= this.checkAll().finally(() => {
      this.checking = undefined;
    });
    return this.checking;
  }

  private async checkAll(): Promise<void> {
    for (const key of this.keys.values()) this.cutIfRefused(key);
    const tenantIds = new Set([...this.keys.values()].map(({ policy }) => policy.snapshot.tenantId));
    for (const tenantId of tenantIds) {
      const epoch = await this.store.readEpoch(tenantId).catch(nullWhenUnavailable);
      if (epoch !== null) await this.policyChanged(tenantId, epoch);
    }
  }

  private async lookUp(key: KeyCalls, epoch: number): Promise<void> {
    let policy: PolicyEntry | undefined;
    try {
      policy = await this.policies.load(key.keyValue, epoch);
    } catch (error) {
      // Nobody can say at the moment: the calls go on, and are looked at again in a second.
      if (error instanceof AppError || error instanceof StoreUnavailableError) return;
      throw error;
    }
    if (policy === undefined) {
      cutAll(key, 'virtual_key_not_found', 'The virtual key was deleted while the call was running.');
      return;
    }
    // Perhaps that of another tenant, to which the key was moved.
    key.policy = policy;
    if (policy.snapshot.streamPolicy === 'finish') this.keys.delete(key.keyValue);
    else this.cutIfRefused(key);
  }

  private cutIfRefused(key: KeyCalls): void {
    try {
      // Where a call came from was looked at when it was admitted.
      refuseKey(key.policy, { nowMs: this.clock.now(), clientIp: null });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      cutAll(key, error.code, `${error.detail ?? error.message} The call was running when this became so.`);
    }
  }
}

function cutAll({ calls }: KeyCalls, reason: string, detail: string): void {
  const refusal = new AppError('call_cut', { detail, data: { reason } });
  for (const call of calls) call.cut(detail, refusal);
}

function isSameTenant(one: PolicyEntry, other: PolicyEntry): boolean {
  return one.snapshot.tenantId === other.snapshot.tenantId;
}

function nullWhenUnavailable(error: unknown): null {
  if (error instanceof StoreUnavailableError) return null;
  throw error;
}
