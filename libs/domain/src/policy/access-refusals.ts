import { AppError } from '../errors/app-error.js';
import type { Target } from '../routing/resolve-target.js';
import { type AccessCode, type AccessRule, evaluateKey, evaluateModel, type KeyQuestion } from './access.js';
import type { PolicyFacts } from './call-policy.js';

/** When a key is used. */
export type Circumstances = Pick<KeyQuestion, 'nowMs'>;

/** Names listed in a refusal; a longer list would be no help. */
const NAMES_MAX = 50;

/** Refuses a key that may not be used now. @throws AppError `virtual_key_blocked`. */
export function refuseKey(policy: PolicyFacts, { nowMs }: Circumstances): void {
  const decision = evaluateKey({ isActive: policy.isActive, nowMs });
  if (decision.allowed) return;
  throw new AppError(decision.code, {
    detail: `The virtual key '${policy.keyName}' is not active.`,
    data: { denied_by: deniedBy(policy, 'is_active') },
  });
}

/** Refuses a model that the key does not give access to. @throws AppError `model_blocked` or `provider_blocked`. */
export function refuseModel(policy: PolicyFacts, { provider, model }: Target): void {
  const { allowedModels, allowedProviders, providerConfigs } = policy;
  const decision = evaluateModel({ allowedModels, allowedProviders, providerConfigs, provider, model });
  if (!decision.allowed) throw accessRefusal(policy, { provider, model }, decision.code, decision.rule);
}

/** The refusal of a model or provider, with what is allowed instead. */
export function accessRefusal(policy: PolicyFacts, target: Target, code: AccessCode, rule?: AccessRule): AppError {
  const name = code === 'provider_blocked' ? `provider '${target.provider}'` : `model '${target.model}'`;
  const allowed = allowedInstead(policy, target, code, rule);
  const more = allowed.length - NAMES_MAX;
  return new AppError(code, {
    detail: `The virtual key '${policy.keyName}' may not use the ${name}.`,
    data: {
      denied_by: deniedBy(policy, rule),
      allowed: allowed.slice(0, NAMES_MAX),
      ...(more > 0 ? { allowed_more: more } : {}),
    },
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
