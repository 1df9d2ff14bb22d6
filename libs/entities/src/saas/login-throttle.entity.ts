import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Failed attempts that count together, in a window that begins with the first of them. */
@Entity({ schema: 'saas', name: 'login_throttles' })
@Check('ck_login_throttles_attempts', 'attempts >= 0')
@Index('ix_login_throttles_window_ends_at', ['windowEndsAt'])
export class LoginThrottleEntity {
  /** SHA-256, hexadecimal, of what the attempts have in common; not readable back. */
  @PrimaryColumn({ type: 'text', name: 'key', primaryKeyConstraintName: 'pk_login_throttles' })
  key!: string;

  @Column({ type: 'integer', name: 'attempts' })
  attempts!: number;

  @Column({ type: 'timestamptz', name: 'window_ends_at', precision: 3 })
  windowEndsAt!: Date;
}
