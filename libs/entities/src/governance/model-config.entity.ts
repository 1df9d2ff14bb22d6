import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { CustomerEntity } from './customer.entity.js';
import { TeamEntity } from './team.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';

/**
 * A model (of one provider, or of any) for which all calls of a customer, team or key together have limits of their
 * own. Exactly one owner column is set; an owner has at most one config for a model and provider.
 */
@Entity({ name: 'model_configs', schema: 'governance' })
@Check('ck_model_configs_one_owner', 'num_nonnulls(virtual_key_id, team_id, customer_id) = 1')
@Index('uq_model_configs_owner_model_provider', { synchronize: false })
@Index('ix_model_configs_virtual_key_id', ['virtualKeyId'], { where: 'virtual_key_id IS NOT NULL' })
@Index('ix_model_configs_team_id', ['teamId'], { where: 'team_id IS NOT NULL' })
@Index('ix_model_configs_customer_id', ['customerId'], { where: 'customer_id IS NOT NULL' })
export class ModelConfigEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_model_configs' })
  id!: string;

  @ForeignKey(() => VirtualKeyEntity, 'id', { name: 'fk_model_configs_virtual_key_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'virtual_key_id', nullable: true })
  virtualKeyId!: string | null;

  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_model_configs_team_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @ForeignKey(() => CustomerEntity, 'id', { name: 'fk_model_configs_customer_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'customer_id', nullable: true })
  customerId!: string | null;

  /** Model name without provider. */
  @Column({ type: 'text', name: 'model' })
  model!: string;

  /** Null: the model of whatever provider. */
  @Column({ type: 'text', name: 'provider', nullable: true })
  provider!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
