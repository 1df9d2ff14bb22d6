import type { UsageRecord } from '@penstock/dto';

import { byCodePoint } from './sum-windows.js';

/** The latest call with one value of a key. */
export interface SecretUse {
  readonly secretId: string;
  readonly usedAtMs: number;
}

/** When each value was last used in a set of calls, sorted by value: see {@link sumWindows} for why. */
export function latestUses(records: readonly UsageRecord[]): SecretUse[] {
  const latest = new Map<string, number>();
  for (const { secretId, startedAtMs } of records) {
    if (secretId === undefined) continue;
    latest.set(secretId, Math.max(startedAtMs, latest.get(secretId) ?? startedAtMs));
  }
  return [...latest.keys()].toSorted(byCodePoint).map((secretId) => ({ secretId, usedAtMs: latest.get(secretId)! }));
}
