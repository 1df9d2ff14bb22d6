import { revealSecret, type Secret } from '../config/secret.js';
import type { RequestContext } from '../context/request-context.js';

/** The credentials that open management routes. */
export interface OperatorAuthOptions {
  masterKey: string | Secret;
  /** What gateways show on `/internal/*`; needed only by an app that has such routes. */
  serviceToken?: string | Secret;
  /** Told of every refused credential, for the audit log. Must not throw; it is not waited for. */
  onRefused?: (context: RequestContext, code: 'authentication_required' | 'authentication_invalid') => void;
}

export const OPERATOR_AUTH_OPTIONS = Symbol('penstock.operator-auth-options');

/** An empty key would let in everyone who sends an empty header. */
export function operatorSecretOf({ masterKey }: OperatorAuthOptions): string {
  const secret = revealSecret(masterKey);
  if (secret === '') {
    throw new TypeError('the master key must not be empty');
  }
  return secret;
}
