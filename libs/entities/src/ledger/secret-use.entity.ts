import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a value of a virtual key was last used for a call that was accounted for. */
@Entity({ schema: 'ledger', name: 'secret_uses' })
export class SecretUseEntity {
  @PrimaryColumn({ type: 'uuid', name: 'secret_id', primaryKeyConstraintName: 'pk_secret_uses' })
  secretId!: string;

  /** Start of the latest such call. */
  @Column({ type: 'timestamptz', name: 'last_used_at' })
  lastUsedAt!: Date;
}
