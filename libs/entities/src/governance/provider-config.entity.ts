import { Check, Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';

import { VirtualKeyEntity } from './virtual-key.entity.js';

/** A provider that a key may use: which of its models, how often, and (in budgets and rate limits) how much. */
@Entity({ name: 'provider_configs', schema: 'governance' })
@Unique('uq_provider_configs_virtual_key_id_provider', ['virtualKeyId', 'provider'])
@Check('ck_provider_configs_weight', 'weight >= 0')
export class ProviderConfigEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_provider_configs' })
  id!: string;

  @ForeignKey(() => VirtualKeyEntity, 'id', { name: 'fk_provider_configs_virtual_key_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'virtual_key_id' })
  virtualKeyId!: string;

  @Column({ type: 'text', name: 'provider' })
  provider!: string;

  /** Share of the calls that name no provider, relative to the key's other configs. Not an amount: no unit. */
  @Column({ type: 'double precision', name: 'weight' })
  weight!: number;

  /** Null: never set. Null and empty allow every model of the provider. */
  @Column({ type: 'text', name: 'allowed_models', array: true, nullable: true })
  allowedModels!: string[] | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
