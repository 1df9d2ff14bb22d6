import type { OperatorRole } from './operator-roles.js';

/** A login that is still good, of an account that is still active. */
export interface OperatorSession {
  sessionId: string;
  userId: string;
  /** Of the account now, not when the token was made. */
  role: OperatorRole;
}

/** Where logins are kept. The app that has the database provides it. */
export interface OperatorSessions {
  /**
   * The unrevoked, unexpired session of an active account. Asked for every request with a token: a revocation that
   * was answered governs it. Rejects when it cannot tell, which answers 503 rather than 401.
   *
   * @param tokenHash SHA-256 of the token, 64 hexadecimal digits.
   * @param userId whom the token names; null when the session is of somebody else.
   */
  find(tokenHash: string, userId: string, nowMs: number): Promise<OperatorSession | null>;
}
