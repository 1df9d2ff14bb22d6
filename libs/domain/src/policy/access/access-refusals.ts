import { AppError } from '../../errors/app-error.js';
import type { Target } from '../../routing/resolve-target.js';
import { type AccessCode, type AccessRule, evaluateKey, evaluateModel, type KeyQuestion } from './access.js';
import type { CallPolicy, PolicyFacts } from '../call-policy.js';
import { listedNames } from './listed-names.js';
import type { Suspension } from './suspension.js';

/** When and from where a key is used. */
export type Circumstances = Pick<KeyQuestion, 'nowMs' | 'clientIp'>;

/**
 * Refuses a key that may not be used now, or not from this address.
 *
 * @throws AppError `virtual_key_blocked`, `organization_suspended`, `team_suspended`, `virtual_key_expired` or
 *   `ip_not_allowed`.
 */
export function refuseKey({ snapshot, allowedIps }: CallPolicy, { nowMs, clientIp }: Circumstances): void {
  const { isActive, suspension, expiresAtMs } = snapshot;
  const decision = evaluateKey({ isActive, suspension, expiresAtMs, allowedIps, nowMs, clientIp });
  if (!decision.allowed) throw keyRefusal(snapshot, decision.code, { nowMs, clientIp });
}

/** Refuses a model that the key does not give access to. @throws AppError `model_blocked` or `provider_blocked`. */
export function refuseModel(policy: PolicyFacts, { provider, model }: Target): void {
  const { allowedModels, allowedProviders, providerConfigs } = policy;
  const decision = evaluateModel({ allowedModels, allowedProviders, providerConfigs, provider, model });
  if (!decision.allowed) throw accessRefusal(policy, { provider, model }, decision.code, decision.rule);
}

function keyRefusal(policy: PolicyFacts, code: AccessCode, { nowMs, clientIp }: Circumstances): AppError {
  const { keyName, expiresAtMs, suspension } = policy;
  if (suspension !== null && code === `${suspension.entity}_suspended`) return suspensionRefusal(suspension, keyName);
  switch (code) {
    case 'virtual_key_expired': {
      const expiredAt = new Date(expiresAtMs ?? nowMs).toISOString();
      return new AppError(code, {
        detail: `The virtual key '${keyName}', or the value of it that was sent, was valid until ${expiredAt}.`,
        data: { denied_by: deniedBy(policy, 'expires_at'), expired_at: expiredAt },
      });
    }
    case 'ip_not_allowed':
      return new AppError(code, {
        detail: `The virtual key '${keyName}' may not be used from ${clientIp}.`,
        data: { denied_by: deniedBy(policy, 'allowed_ips'), client_ip: clientIp },
      });
    default:
      return new AppError(code, {
        detail: `The virtual key '${keyName}' is not active.`,
        data: { denied_by: deniedBy(policy, 'is_active') },
      });
  }
}

/** Says who is not served, in which status, and whom to ask. */
function suspensionRefusal({ entity, id, name, status }: Suspension, keyName: string): AppError {
  return new AppError(`${entity}_suspended`, {
    detail: `The ${entity} '${name}' (${id}), which the virtual key '${keyName}' belongs to, is ${status}: no call of it is served. Ask the operators of this gateway to resume the ${entity}.`,
    data: { denied_by: { entity, entity_id: id, entity_name: name, rule: 'status' }, entity_status: status },
  });
}

/** The refusal of a model or provider, with what is allowed instead. */
export function accessRefusal(policy: PolicyFacts, target: Target, code: AccessCode, rule?: AccessRule): AppError {
  const name = code === 'provider_blocked' ? `provider '${target.provider}'` : `model '${target.model}'`;
  return new AppError(code, {
    detail: `The virtual key '${policy.keyName}' may not use the ${name}.`,
    data: { denied_by: deniedBy(policy, rule), ...listedNames(allowedInstead(policy, target, code, rule)) },
  });
}

/** What refused, in the words of the API: the key, and its field. */
export function deniedBy(policy: PolicyFacts, rule: string | undefined): Record<string, unknown> {
  return {
    entity: 'virtual_key',
    entity_id: policy.keyId,
    entity_name: policy.keyName,
    ...(rule === undefined ? {} : { rule }),
  };
}

function allowedInstead(
  policy: PolicyFacts,
  target: Target,
  code: AccessCode,
  rule: AccessRule | undefined,
): readonly string[] {
  const { allowedModels, allowedProviders, providerConfigs } = policy;
  if (rule === 'allowed_models') return allowedModels ?? [];
  if (rule === 'allowed_providers') return allowedProviders ?? [];
  if (code === 'provider_blocked') return providerConfigs.map(({ provider }) => provider);
  return providerConfigs.find(({ provider }) => provider === target.provider)?.allowedModels ?? [];
}
