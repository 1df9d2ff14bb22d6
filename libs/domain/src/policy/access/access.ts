import type { ErrorCode } from '../../errors/catalogue.js';
import type { IpRanges } from './ip-ranges.js';
import type { ProviderConfig } from './provider-config.js';
import type { Suspension } from './suspension.js';

/** What decides whether a key may be used at all, by this caller and now. */
export interface KeyQuestion {
  readonly isActive: boolean;
  /** Null: everybody above the key is served. */
  readonly suspension: Suspension | null;
  /** The end of the key or of the value that was sent, whichever is earlier; milliseconds since the epoch. */
  readonly expiresAtMs: number | null;
  /** Null: from everywhere. */
  readonly allowedIps: IpRanges | null;
  readonly nowMs: number;
  /** Null: where the call comes from is not the question. */
  readonly clientIp: string | null;
}

/** What decides whether a key may call a model, before any limit. */
export interface ModelQuestion {
  /** Null or empty: every model. Compared exactly with the name after the provider prefix. */
  readonly allowedModels: readonly string[] | null;
  /** Null or empty: every provider. */
  readonly allowedProviders: readonly string[] | null;
  /** Not empty: only these providers, each with its own models. */
  readonly providerConfigs: readonly ProviderConfig[];
  readonly provider: string;
  readonly model: string;
}

/** Why a key is refused before any limit is looked at. */
export type AccessCode = Extract<
  ErrorCode,
  | 'virtual_key_blocked'
  | 'organization_suspended'
  | 'team_suspended'
  | 'virtual_key_expired'
  | 'ip_not_allowed'
  | 'model_blocked'
  | 'provider_blocked'
>;

/** The list of a key that refused a model or provider. */
export type AccessRule = 'allowed_models' | 'allowed_providers' | 'provider_configs';

export type AccessDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly code: AccessCode; readonly rule?: AccessRule };

const ALLOWED: AccessDecision = Object.freeze({ allowed: true });

/** Decides about the key itself: active, then who is above it, then expired, then where the call comes from. */
export function evaluateKey(question: KeyQuestion): AccessDecision {
  const { isActive, suspension, expiresAtMs, allowedIps, nowMs, clientIp } = question;
  if (!isActive) return { allowed: false, code: 'virtual_key_blocked' };
  if (suspension !== null) return { allowed: false, code: `${suspension.entity}_suspended` };
  if (expiresAtMs !== null && nowMs >= expiresAtMs) return { allowed: false, code: 'virtual_key_expired' };
  if (allowedIps === null || clientIp === null || allowedIps.contains(clientIp)) return ALLOWED;
  return { allowed: false, code: 'ip_not_allowed' };
}

/**
 * Decides about a model, for a key that may be used: the lists of the key (model, then provider, in the contract's
 * order), then its provider configs.
 */
export function evaluateModel(question: ModelQuestion): AccessDecision {
  const { allowedModels, allowedProviders, providerConfigs, provider, model } = question;
  if (!allows(allowedModels, model)) return { allowed: false, code: 'model_blocked', rule: 'allowed_models' };
  if (!allows(allowedProviders, provider))
    return { allowed: false, code: 'provider_blocked', rule: 'allowed_providers' };
  if (providerConfigs.length === 0) return ALLOWED;
  const config = providerConfigs.find((one) => one.provider === provider);
  if (config === undefined) return { allowed: false, code: 'provider_blocked', rule: 'provider_configs' };
  if (!allows(config.allowedModels, model)) return { allowed: false, code: 'model_blocked', rule: 'provider_configs' };
  return ALLOWED;
}

/** Decides in the contract's order: the key itself, then the model, then the provider. */
export function evaluateAccess(question: KeyQuestion & ModelQuestion): AccessDecision {
  const key = evaluateKey(question);
  return key.allowed ? evaluateModel(question) : key;
}

/** Whether a list of names lets a name pass; null and empty lists let every name pass. */
export function allows(list: readonly string[] | null, name: string): boolean {
  return list === null || list.length === 0 || list.includes(name);
}
