import { operatorRoles, type OperatorSession } from '@penstock/platform';

/** A login as Redis holds it for a moment. */
export interface CachedSession extends OperatorSession {
  /** Of the account when the login was looked up; the entry is good while it is the account's. */
  readonly epoch: string;
  readonly expiresAtMs: number;
}

/** Null for anything but an entry that this release wrote. */
export function readCachedSession(text: string | null): CachedSession | null {
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not ours: as good as none.
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { epoch, sessionId, userId, role, expiresAtMs } = value as Record<string, unknown>;
  const isRole = operatorRoles.some((one) => one === role);
  const isText = [epoch, sessionId, userId].every((one) => typeof one === 'string' && one !== '');
  return isText && isRole && typeof expiresAtMs === 'number' ? (value as CachedSession) : null;
}
