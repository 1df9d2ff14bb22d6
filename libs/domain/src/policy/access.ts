import type { ErrorCode } from '../errors/catalogue.js';

/** What decides whether a key may call a model at all, before any limit. */
export interface AccessQuestion {
  readonly isActive: boolean;
  /** Null or empty: every model. Compared exactly with the name after the provider prefix. */
  readonly allowedModels: readonly string[] | null;
  /** Null or empty: every provider. */
  readonly allowedProviders: readonly string[] | null;
  readonly provider: string;
  readonly model: string;
}

export type AccessDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      readonly code: Extract<ErrorCode, 'virtual_key_blocked' | 'model_blocked' | 'provider_blocked'>;
    };

const ALLOWED: AccessDecision = Object.freeze({ allowed: true });

/** Decides in the contract's order: active, then model, then provider. */
export function evaluateAccess(question: AccessQuestion): AccessDecision {
  if (!question.isActive) return { allowed: false, code: 'virtual_key_blocked' };
  if (!allows(question.allowedModels, question.model)) return { allowed: false, code: 'model_blocked' };
  if (!allows(question.allowedProviders, question.provider)) return { allowed: false, code: 'provider_blocked' };
  return ALLOWED;
}

function allows(list: readonly string[] | null, name: string): boolean {
  return list === null || list.length === 0 || list.includes(name);
}
