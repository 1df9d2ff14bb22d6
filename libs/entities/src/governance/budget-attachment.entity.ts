import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

import { BudgetEntity } from './budget.entity.js';
import { TeamEntity } from './team.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';

/** A key or a team that spends from a shared budget. Exactly one of the two is set, and each once per budget. */
@Entity({ name: 'budget_attachments', schema: 'governance' })
@Check('ck_budget_attachments_one_subject', 'num_nonnulls(virtual_key_id, team_id) = 1')
@Index('uq_budget_attachments_budget_id_subject', { synchronize: false })
@Index('ix_budget_attachments_virtual_key_id', ['virtualKeyId'], { where: 'virtual_key_id IS NOT NULL' })
@Index('ix_budget_attachments_team_id', ['teamId'], { where: 'team_id IS NOT NULL' })
export class BudgetAttachmentEntity {
  @PrimaryColumn({ type: 'uuid', name: 'id', primaryKeyConstraintName: 'pk_budget_attachments' })
  id!: string;

  @ForeignKey(() => BudgetEntity, 'id', { name: 'fk_budget_attachments_budget_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'budget_id' })
  budgetId!: string;

  @ForeignKey(() => VirtualKeyEntity, 'id', { name: 'fk_budget_attachments_virtual_key_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'virtual_key_id', nullable: true })
  virtualKeyId!: string | null;

  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_budget_attachments_team_id', onDelete: 'CASCADE' })
  @Column({ type: 'uuid', name: 'team_id', nullable: true })
  teamId!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;
}
