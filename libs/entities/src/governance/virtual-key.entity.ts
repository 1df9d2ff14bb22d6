import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { TeamEntity } from './team.entity.js';

/** A credential of an application and what it may do. Belongs to a team, to a customer, or to nobody. */
@Entity({ name: 'virtual_keys', schema: 'governance' })
@Unique('uq_virtual_keys_name', ['name'])
@Unique('uq_virtual_keys_key_hash', ['keyHash'])
@Check('ck_virtual_keys_one_parent', 'team_id IS NULL OR customer_id IS NULL')
@Index('ix_virtual_keys_team_id', ['teamId'])
@Index('ix_virtual_keys_customer_id', ['customerId'])
@Index('ix_virtual_keys_created_at', ['createdAt', 'id'])
export class VirtualKeyEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_virtual_keys' })
  id!: string;

  @Column({ type: 'text', name: 'name' })
  name!: string;

  @Column({ type: 'text', name: 'description', nullable: true })
  description!: string | null;

  @Column({ type: 'boolean', name: 'is_active' })
  isActive!: boolean;

  /** Null: never set. Null and empty both allow everything, but read differently on the wire. */
  @Column({ type: 'text', name: 'allowed_models', array: true, nullable: true })
  allowedModels!: string[] | null;

  @Column({ type: 'text', name: 'allowed_providers', array: true, nullable: true })
  allowedProviders!: string[] | null;

  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_virtual_keys_team_id' })
  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_virtual_keys_customer_id' })
  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  /** Keyed hash of the value: what a gateway looks a caller up by. */
  @Column({ type: 'text', name: 'key_hash' })
  keyHash!: string;

  /** The value, sealed and bound to the id of this row; opened only to answer its owner. */
  @Column({ type: 'bytea', name: 'value_ciphertext' })
  valueCiphertext!: Buffer;

  /** Version of the encryption key that sealed it. */
  @Column({ type: 'smallint', name: 'value_key_version' })
  valueKeyVersion!: number;

  /** Last four characters of the value, shown in lists. */
  @Column({ type: 'text', name: 'value_hint' })
  valueHint!: string;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
