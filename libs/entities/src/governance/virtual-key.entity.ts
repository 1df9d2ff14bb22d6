import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { TeamEntity } from './team.entity.js';

/** What an application may do. Its values are rows of their own. Belongs to a team, to a customer, or to nobody. */
@Entity({ name: 'virtual_keys', schema: 'governance' })
@Unique('uq_virtual_keys_name', ['name'])
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

  /** When every value of the key stops working; null: never. */
  @Column({ type: 'timestamptz', name: 'expires_at', precision: 3, nullable: true })
  expiresAt!: Date | null;

  /** Addresses and ranges the key may be used from, in normal form. Null: never set. Null and empty: everywhere. */
  @Column({ type: 'text', name: 'allowed_ips', array: true, nullable: true })
  allowedIps!: string[] | null;

  /** Words of the operators to find keys by. Null: never set. */
  @Column({ type: 'text', name: 'tags', array: true, nullable: true })
  tags!: string[] | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
