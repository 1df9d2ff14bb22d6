import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { AdminUserEntity } from './admin-user.entity.js';

/** One login of an operator: its token is good while this row is neither expired nor revoked. */
@Entity({ schema: 'saas', name: 'admin_sessions' })
@Unique('uq_admin_sessions_token_hash', ['tokenHash'])
@Index('ix_admin_sessions_user_id', ['userId'])
@Index('ix_admin_sessions_expires_at', ['expiresAt'])
export class AdminSessionEntity {
  @PrimaryColumn({ type: 'uuid', name: 'session_id', primaryKeyConstraintName: 'pk_admin_sessions' })
  sessionId!: string;

  @ForeignKey(() => AdminUserEntity, 'userId', { name: 'fk_admin_sessions_user_id' })
  @Column({ type: 'uuid', name: 'user_id' })
  userId!: string;

  /** SHA-256 of the token, hexadecimal; the token itself is kept nowhere. */
  @Column({ type: 'text', name: 'token_hash' })
  tokenHash!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3 })
  expiresAt!: Date;

  @Column({ type: 'timestamptz', name: 'revoked_at', precision: 3, nullable: true })
  revokedAt!: Date | null;

  @Column({ type: 'text', name: 'ip' })
  ip!: string;

  @Column({ type: 'text', name: 'user_agent' })
  userAgent!: string;
}
