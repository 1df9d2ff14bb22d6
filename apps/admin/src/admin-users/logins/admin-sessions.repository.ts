import { Injectable } from '@nestjs/common';
import { AdminSessionEntity } from '@penstock/entities';
import type { EntityManager } from 'typeorm';

/** Storage of logins. */
@Injectable()
export class AdminSessionsRepository {
  async insert(tx: EntityManager, session: AdminSessionEntity): Promise<void> {
    await tx.getRepository(AdminSessionEntity).insert(session);
  }

  /** False when it was revoked before. */
  async revoke(tx: EntityManager, sessionId: string, now: Date): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      'UPDATE saas.admin_sessions SET revoked_at = $2 WHERE session_id = $1 AND revoked_at IS NULL',
      [sessionId, now],
    );
    return count > 0;
  }

  /** Ends every login of an account, or every other one. Returns how many were good until now. */
  async revokeAllOf(tx: EntityManager, userId: string, now: Date, exceptSessionId: string | null): Promise<number> {
    const [, count]: [unknown, number] = await tx.query(
      `UPDATE saas.admin_sessions SET revoked_at = $2
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND session_id IS DISTINCT FROM $3::uuid`,
      [userId, now, exceptSessionId],
    );
    return count;
  }

  /** Removes logins that expired before `moment`; the audit log still knows of them. */
  async purgeExpired(tx: EntityManager, moment: Date): Promise<void> {
    await tx.query('DELETE FROM saas.admin_sessions WHERE expires_at < $1', [moment]);
  }
}
