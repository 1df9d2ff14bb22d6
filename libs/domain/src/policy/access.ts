import type { ErrorCode } from '../errors/catalogue.js';
import type { IpRanges } from './ip-ranges.js';

/** What decides whether a key may be used at all, by this caller and now. */
export interface KeyQuestion {
  readonly isActive: boolean;
  /** The end of the key or of the value that was sent, whichever is earlier; milliseconds since the epoch. */
  readonly expiresAtMs: number | null;
  /** Null: from everywhere. */
  readonly allowedIps: IpRanges | null;
  readonly nowMs: number;
  readonly clientIp: string;
}

/** What decides whether a key may call a model at all, before any limit. */
export interface AccessQuestion extends KeyQuestion {
  /** Null or empty: every model. Compared exactly with the name after the provider prefix. */
  readonly allowedModels: readonly string[] | null;
  /** Null or empty: every provider. */
  readonly allowedProviders: readonly string[] | null;
  readonly provider: string;
  readonly model: string;
}

/** Why a key is refused before any limit is looked at. */
export type AccessCode = Extract<
  ErrorCode,
  'virtual_key_blocked' | 'virtual_key_expired' | 'ip_not_allowed' | 'model_blocked' | 'provider_blocked'
>;

export type AccessDecision = { readonly allowed: true } | { readonly allowed: false; readonly code: AccessCode };

const ALLOWED: AccessDecision = Object.freeze({ allowed: true });

/** Decides about the key itself: active, then expired, then where the call comes from. */
export function evaluateKey(question: KeyQuestion): AccessDecision {
  const { isActive, expiresAtMs, allowedIps, nowMs, clientIp } = question;
  if (!isActive) return { allowed: false, code: 'virtual_key_blocked' };
  if (expiresAtMs !== null && nowMs >= expiresAtMs) return { allowed: false, code: 'virtual_key_expired' };
  if (allowedIps !== null && !allowedIps.contains(clientIp)) return { allowed: false, code: 'ip_not_allowed' };
  return ALLOWED;
}

/** Decides in the contract's order: the key itself, then model, then provider. */
export function evaluateAccess(question: AccessQuestion): AccessDecision {
  const key = evaluateKey(question);
  return key.allowed ? evaluateModel(question) : key;
}

/** Decides about a model alone, for a key that may be used. */
export function evaluateModel(
  question: Pick<AccessQuestion, 'allowedModels' | 'allowedProviders' | 'provider' | 'model'>,
): AccessDecision {
  if (!allows(question.allowedModels, question.model)) return { allowed: false, code: 'model_blocked' };
  if (!allows(question.allowedProviders, question.provider)) return { allowed: false, code: 'provider_blocked' };
  return ALLOWED;
}

function allows(list: readonly string[] | null, name: string): boolean {
  return list === null || list.length === 0 || list.includes(name);
}
