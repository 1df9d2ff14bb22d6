import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

/** Roles of operators, from the mightiest. */
export type AdminRole = 'owner' | 'admin' | 'user';

/** An operator's account. Never deleted: sessions, audit entries and `created_by` go on naming it. */
@Entity({ schema: 'saas', name: 'admin_users' })
@Unique('uq_admin_users_email', ['email'])
@Check('ck_admin_users_role', `role IN ('owner', 'admin', 'user')`)
@Index('ix_admin_users_created_at', ['createdAt', 'userId'])
export class AdminUserEntity {
  @PrimaryColumn({ type: 'uuid', name: 'user_id', primaryKeyConstraintName: 'pk_admin_users' })
  userId!: string;

  /** The part after the @ in lower case; the part before it as it was given. */
  @Column({ type: 'text', name: 'email' })
  email!: string;

  @Column({ type: 'text', name: 'display_name' })
  displayName!: string;

  /** argon2id with its parameters and salt, in PHC form. */
  @Column({ type: 'text', name: 'password_hash' })
  passwordHash!: string;

  @Column({ type: 'text', name: 'role' })
  role!: AdminRole;

  /** False: cannot log in, and no token of it is good. */
  @Column({ type: 'boolean', name: 'is_active' })
  isActive!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** Null for the first owner. */
  @ForeignKey(() => AdminUserEntity, 'userId', { name: 'fk_admin_users_created_by' })
  @Column({ type: 'uuid', name: 'created_by', nullable: true })
  createdBy!: string | null;

  @Column({ type: 'timestamptz', name: 'last_login_at', precision: 3, nullable: true })
  lastLoginAt!: Date | null;

  @Column({ type: 'jsonb', name: 'metadata' })
  metadata!: Record<string, unknown>;
}
