import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { SaasTeamEntity } from '../team.entity.js';

/** Of anything in the model catalogue: only what is active opens models to teams. */
export type CatalogueStatus = 'active' | 'inactive';

/** Models under one name, tried in the order of their priority. */
@Entity({ schema: 'saas', name: 'model_groups' })
@Unique('uq_model_groups_group_name', ['groupName'])
@Check('ck_model_groups_status', `status IN ('active', 'inactive')`)
export class ModelGroupEntity {
  @PrimaryColumn({ type: 'uuid', name: 'model_group_id', primaryKeyConstraintName: 'pk_model_groups' })
  modelGroupId!: string;

  /** Chosen by the operator; what callers name as their model. */
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

/** A model of a group. */
@Entity({ schema: 'saas', name: 'model_group_models' })
@Unique('uq_model_group_models_model_group_id_model_name', ['modelGroupId', 'modelName'])
export class ModelGroupModelEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_model_group_models' })
  id!: string;

  @ForeignKey(() => ModelGroupEntity, 'modelGroupId', {
    name: 'fk_model_group_models_model_group_id',
    onDelete: 'CASCADE',
  })
  @Column({ type: 'uuid', name: 'model_group_id' })
  modelGroupId!: string;

  /** `provider/model`, or the bare name of a model whose provider the price catalogue knows. */
  @Column({ type: 'text', name: 'model_name' })
  modelName!: string;

  /** Lower is tried earlier; of equals the one that was named first. */
  @Column({ type: 'integer', name: 'priority' })
  priority!: number;

  /** False: stays in the group, is not called. */
  @Column({ type: 'boolean', name: 'is_active' })
  isActive!: boolean;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}

/** A team may call a group of models. */
@Entity({ schema: 'saas', name: 'team_model_groups' })
@Index('ix_team_model_groups_model_group_id', ['modelGroupId'])
export class TeamModelGroupEntity {
  @ForeignKey(() => SaasTeamEntity, 'teamId', { name: 'fk_team_model_groups_team_id', onDelete: 'CASCADE' })
  @PrimaryColumn({ type: 'text', name: 'team_id', primaryKeyConstraintName: 'pk_team_model_groups' })
  teamId!: string;

  @ForeignKey(() => ModelGroupEntity, 'modelGroupId', { name: 'fk_team_model_groups_model_group_id' })
  @PrimaryColumn({ type: 'uuid', name: 'model_group_id', primaryKeyConstraintName: 'pk_team_model_groups' })
  modelGroupId!: string;

  @Column({ type: 'timestamptz', name: 'assigned_at', precision: 3 })
  assignedAt!: Date;
}
