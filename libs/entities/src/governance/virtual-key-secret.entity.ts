import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { VirtualKeyEntity } from './virtual-key.entity.js';

/** One value of a virtual key. The current one has no end; during the overlap of a rotation its predecessor lives on. */
@Entity({ name: 'virtual_key_secrets', schema: 'governance' })
@Unique('uq_virtual_key_secrets_key_hash', ['keyHash'])
@Index('uq_virtual_key_secrets_current', ['virtualKeyId'], { unique: true, where: 'expires_at IS NULL' })
@Index('ix_virtual_key_secrets_virtual_key_id', ['virtualKeyId'])
export class VirtualKeySecretEntity {
  /** Seals {@link valueCiphertext}: a sealed value opens only under the id of its row. */
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_virtual_key_secrets' })
  id!: string;

  @ForeignKey(() => VirtualKeyEntity, 'id', {
    name: 'fk_virtual_key_secrets_virtual_key_id',
    onDelete: 'CASCADE',
  })
  @Column({ type: 'uuid', name: 'virtual_key_id' })
  virtualKeyId!: string;

  /** Keyed hash of the value: what a gateway looks a caller up by. */
  @Column({ type: 'text', name: 'key_hash' })
  keyHash!: string;

  /** The value, sealed and bound to the id of this row; opened only to answer its owner. */
  @Column({ type: 'bytea', name: 'value_ciphertext' })
  valueCiphertext!: Buffer;

  /** Version of the encryption key that sealed it. */
  @Column({ type: 'smallint', name: 'value_key_version' })
  valueKeyVersion!: number;

  /** First four characters after `sk-bf-`, to search by; null for values that are older than this column. */
  @Column({ type: 'text', name: 'value_prefix', nullable: true })
  valuePrefix!: string | null;

  /** Last four characters of the value, shown in lists. */
  @Column({ type: 'text', name: 'value_hint' })
  valueHint!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  /** When a rotated value stops working; null for the current one. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;
}
