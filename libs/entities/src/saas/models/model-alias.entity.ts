import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { SaasTeamEntity } from '../team.entity.js';
import type { CatalogueStatus } from './model-group.entity.js';

/** Another name of one model of one provider, with prices of its own if the operator wants. */
@Entity({ schema: 'saas', name: 'model_aliases' })
@Unique('uq_model_aliases_model_alias', ['modelAlias'])
@Check('ck_model_aliases_pricing', 'pricing_input >= 0 AND pricing_output >= 0')
@Check('ck_model_aliases_status', `status IN ('active', 'inactive')`)
export class ModelAliasEntity {
  @PrimaryColumn({ type: 'uuid', name: 'model_alias_id', primaryKeyConstraintName: 'pk_model_aliases' })
  modelAliasId!: string;

  /** Chosen by the operator; what callers name as their model. */
  @Column({ type: 'text', name: 'model_alias' })
  modelAlias!: string;

  @Column({ type: 'text', name: 'display_name' })
  displayName!: string;

  @Column({ type: 'text', name: 'provider' })
  provider!: string;

  /** The model's name without its provider. */
  @Column({ type: 'text', name: 'actual_model' })
  actualModel!: string;

  @Column({ type: 'text', name: 'description', nullable: true })
  description!: string | null;

  /** USD per million input tokens, a decimal string; null: the model's own price holds. Zero is a price. */
  @Column({ type: 'numeric', name: 'pricing_input', precision: 24, scale: 6, nullable: true })
  pricingInput!: string | null;

  /** USD per million output tokens, a decimal string; null: the model's own price holds. */
  @Column({ type: 'numeric', name: 'pricing_output', precision: 24, scale: 6, nullable: true })
  pricingOutput!: string | null;

  @Column({ type: 'text', name: 'status' })
  status!: CatalogueStatus;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

/** Aliases that are given to teams together. */
@Entity({ schema: 'saas', name: 'model_access_groups' })
@Unique('uq_model_access_groups_group_name', ['groupName'])
@Check('ck_model_access_groups_status', `status IN ('active', 'inactive')`)
export class ModelAccessGroupEntity {
  @PrimaryColumn({ type: 'uuid', name: 'model_access_group_id', primaryKeyConstraintName: 'pk_model_access_groups' })
  modelAccessGroupId!: string;

  /** Chosen by the operator; callers never name it. */
  @Column({ type: 'text', name: 'group_name' })
  groupName!: string;

  @Column({ type: 'text', name: 'display_name' })
  displayName!: string;

  @Column({ type: 'text', name: 'description', nullable: true })
  description!: string | null;

  @Column({ type: 'text', name: 'status' })
  status!: CatalogueStatus;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}

/** An alias is in an access group. */
@Entity({ schema: 'saas', name: 'model_alias_access_groups' })
@Index('ix_model_alias_access_groups_model_access_group_id', ['modelAccessGroupId'])
export class ModelAliasAccessGroupEntity {
  @ForeignKey(() => ModelAliasEntity, 'modelAliasId', {
    name: 'fk_model_alias_access_groups_model_alias_id',
    onDelete: 'CASCADE',
  })
  @PrimaryColumn({
    type: 'uuid',
    name: 'model_alias_id',
    primaryKeyConstraintName: 'pk_model_alias_access_groups',
  })
  modelAliasId!: string;

  @ForeignKey(() => ModelAccessGroupEntity, 'modelAccessGroupId', {
    name: 'fk_model_alias_access_groups_model_access_group_id',
    onDelete: 'CASCADE',
  })
  @PrimaryColumn({
    type: 'uuid',
    name: 'model_access_group_id',
    primaryKeyConstraintName: 'pk_model_alias_access_groups',
  })
  modelAccessGroupId!: string;

  @Column({ type: 'timestamptz', name: 'assigned_at', precision: 3 })
  assignedAt!: Date;
}

/** A team may call every alias of an access group. */
@Entity({ schema: 'saas', name: 'team_access_groups' })
@Index('ix_team_access_groups_model_access_group_id', ['modelAccessGroupId'])
export class TeamAccessGroupEntity {
  @ForeignKey(() => SaasTeamEntity, 'teamId', { name: 'fk_team_access_groups_team_id', onDelete: 'CASCADE' })
  @PrimaryColumn({ type: 'text', name: 'team_id', primaryKeyConstraintName: 'pk_team_access_groups' })
  teamId!: string;

  @ForeignKey(() => ModelAccessGroupEntity, 'modelAccessGroupId', {
    name: 'fk_team_access_groups_model_access_group_id',
  })
  @PrimaryColumn({ type: 'uuid', name: 'model_access_group_id', primaryKeyConstraintName: 'pk_team_access_groups' })
  modelAccessGroupId!: string;

  @Column({ type: 'timestamptz', name: 'assigned_at', precision: 3 })
  assignedAt!: Date;
}
