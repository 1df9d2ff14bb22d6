import { type AccessCode, AppError, evaluateAccess, evaluateKey, type KeyQuestion } from '@penstock/domain';

import type { Target } from '../routing/resolve-target.js';
import type { PolicyEntry } from './policy-entry.js';

/** When and from where a key is used. */
export type Circumstances = Pick<KeyQuestion, 'nowMs' | 'clientIp'>;

/**
 * Refuses a key that may not be used now, or not from this address.
 *
 * @throws AppError `virtual_key_blocked`, `virtual_key_expired` or `ip_not_allowed`.
 */
export function refuseKey(entry: PolicyEntry, circumstances: Circumstances): void {
  const decision = evaluateKey(questionOf(entry, circumstances));
  if (!decision.allowed) throw refusal(decision.code, entry, circumstances);
}

/**
 * Refuses a call that the key does not give access to, whatever its limits say.
 *
 * @throws AppError as {@link refuseKey}, then `model_blocked` or `provider_blocked`.
 */
export function refuseAccess(entry: PolicyEntry, circumstances: Circumstances, { provider, model }: Target): void {
  const { allowedModels, allowedProviders } = entry.snapshot;
  const question = questionOf(entry, circumstances);
  const decision = evaluateAccess({ ...question, allowedModels, allowedProviders, provider, model });
  if (!decision.allowed) throw refusal(decision.code, entry, circumstances, { provider, model });
}

function questionOf(entry: PolicyEntry, { nowMs, clientIp }: Circumstances): KeyQuestion {
  const { isActive, expiresAtMs } = entry.snapshot;
  return { isActive, expiresAtMs, allowedIps: entry.allowedIps, nowMs, clientIp };
}

function refusal(code: AccessCode, entry: PolicyEntry, { clientIp, nowMs }: Circumstances, target?: Target): AppError {
  const { keyName, expiresAtMs } = entry.snapshot;
  switch (code) {
    case 'virtual_key_expired': {
      const expiredAt = new Date(expiresAtMs ?? nowMs).toISOString();
      const detail = `The virtual key '${keyName}', or the value of it that was sent, was valid until ${expiredAt}.`;
      return new AppError(code, { detail, data: { expired_at: expiredAt } });
    }
    case 'ip_not_allowed': {
      const detail = `The virtual key '${keyName}' may not be used from ${clientIp}.`;
      return new AppError(code, { detail, data: { client_ip: clientIp } });
    }
    case 'model_blocked':
      return new AppError(code, { detail: `The virtual key '${keyName}' may not use the model '${target?.model}'.` });
    case 'provider_blocked':
      return new AppError(code, {
        detail: `The virtual key '${keyName}' may not use the provider '${target?.provider}'.`,
      });
    case 'virtual_key_blocked':
      return new AppError(code, { detail: `The virtual key '${keyName}' is not active.` });
  }
}
