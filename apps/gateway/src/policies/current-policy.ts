import { AppError, type Circumstances, refuseKey } from '@penstock/domain';

import type { PolicyEntry } from './policy-entry.js';
import type { PolicyStore } from './policy-store.js';

/**
 * The policy in force of a key that may be used now, for whoever reads and does not call.
 *
 * @throws AppError `virtual_key_not_found`, what `refuseKey` throws, or `policy_unavailable` when nobody can say.
 */
export async function currentPolicy(
  policies: PolicyStore,
  keyValue: string,
  circumstances: Circumstances,
): Promise<PolicyEntry> {
  const known = policies.peek(keyValue);
  const isFresh = known !== undefined && (await policies.isCurrent(known));
  const entry = isFresh ? known : await policies.load(keyValue, (known?.snapshot.epoch ?? -1) + 1);
  if (entry === undefined) throw new AppError('virtual_key_not_found', { detail: 'This virtual key is not known.' });
  refuseKey(entry, circumstances);
  return entry;
}
