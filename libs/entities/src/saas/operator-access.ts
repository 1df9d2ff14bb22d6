import type { DataSource } from 'typeorm';

import { SYSTEM_TENANT_ID } from '../governance/audit-chain.js';
import { appendAudit, type NewAuditEntry } from '../governance/write-change.js';
import type { AdminRole } from './admin-user.entity.js';

/** The account behind a token that is good. */
export interface GoodSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly role: AdminRole;
  readonly expiresAt: Date;
}

/**
 * The session of a token: not revoked, not expired, of an active account, with the role that the account has now.
 * This decides; what a cache keeps of it must not outlive a revocation.
 */
export async function findOperatorSession(
  dataSource: DataSource,
  tokenHash: string,
  nowMs: number,
): Promise<GoodSession | null> {
  const [row]: { session_id: string; user_id: string; role: AdminRole; expires_at: Date }[] = await dataSource.query(
    `SELECT s.session_id, s.user_id, s.expires_at, u.role
       FROM saas.admin_sessions s
       JOIN saas.admin_users u ON u.user_id = s.user_id
      WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND u.is_active`,
    [tokenHash, new Date(nowMs)],
  );
  if (row === undefined) return null;
  return { sessionId: row.session_id, userId: row.user_id, role: row.role, expiresAt: row.expires_at };
}

/** Writes a refused credential, login or permission into the chain of the system, in a transaction of its own. */
export async function recordRefusal(
  dataSource: DataSource,
  refusal: Omit<NewAuditEntry, 'tenantId' | 'before'>,
): Promise<void> {
  await dataSource.transaction((tx) => appendAudit(tx, { ...refusal, tenantId: SYSTEM_TENANT_ID, before: null }));
}
