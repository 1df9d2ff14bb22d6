import { Injectable } from '@nestjs/common';
import { AdminSessionEntity } from '@penstock/entities';
import { DataSource, type EntityManager, IsNull, MoreThan } from 'typeorm';

/** Storage of logins. */
@Injectable()
export class AdminSessionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async insert(tx: EntityManager, session: AdminSessionEntity): Promise<void> {
    await tx.getRepository(AdminSessionEntity).insert(session);
  }

  /** Logins of an account that are good now, newest first. */
  listGood(userId: string, now: Date): Promise<AdminSessionEntity[]> {
    return this.dataSource.getRepository(AdminSessionEntity).find({
      where: { userId, revokedAt: IsNull(), expiresAt: MoreThan(now) },
      order: { createdAt: 'DESC', sessionId: 'DESC' },
    });
  }

  /** False when there is no such login of the account, or when it has ended before. */
  async revoke(tx: EntityManager, sessionId: string, userId: string, now: Date): Promise<boolean> {
    const [, count]: [unknown, number] = await tx.query(
      `UPDATE saas.admin_sessions SET revoked_at = $3
        WHERE session_id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3`,
      [sessionId, userId, now],
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
