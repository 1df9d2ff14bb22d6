import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

import { TeamEntity, VirtualKeyEntity } from '../governance/index.js';
import { OrganizationEntity } from './organization.entity.js';

/** Of a team: only an active one may call, or use the API with its key. */
export type SaasTeamStatus = 'active' | 'suspended' | 'paused';

/** A team as the admin API knows it: a governance team with a name of the operator's, a key and credits. */
@Entity({ schema: 'saas', name: 'teams' })
@Unique('uq_teams_governance_team_id', ['governanceTeamId'])
@Check('ck_teams_status', `status IN ('active', 'suspended', 'paused')`)
@Index('ix_teams_organization_id', ['organizationId', 'createdAt', 'teamId'])
@Index('ix_teams_created_at', ['createdAt', 'teamId'])
@Index('ix_teams_virtual_key_id', ['virtualKeyId'])
export class SaasTeamEntity {
  /** Chosen by the operator. */
  @PrimaryColumn({ type: 'text', name: 'team_id', primaryKeyConstraintName: 'pk_teams' })
  teamId!: string;

  @ForeignKey(() => OrganizationEntity, 'organizationId', { name: 'fk_teams_organization_id' })
  @Column({ type: 'text', name: 'organization_id' })
  organizationId!: string;

  /** Its face in governance; created in the same transaction. */
  @ForeignKey(() => TeamEntity, 'id', { name: 'fk_teams_governance_team_id' })
  @Column({ type: 'uuid', name: 'governance_team_id' })
  governanceTeamId!: string;

  /** The key that was made with the team; null once governance has deleted it. */
  @ForeignKey(() => VirtualKeyEntity, 'id', { name: 'fk_teams_virtual_key_id', onDelete: 'SET NULL' })
  @Column({ type: 'uuid', name: 'virtual_key_id', nullable: true })
  virtualKeyId!: string | null;

  @Column({ type: 'text', name: 'team_alias' })
  teamAlias!: string;

  @Column({ type: 'text', name: 'status' })
  status!: SaasTeamStatus;

  /** Made with its organization; goes only with it. */
  @Column({ type: 'boolean', name: 'is_default' })
  isDefault!: boolean;

  @Column({ type: 'jsonb', name: 'metadata' })
  metadata!: Record<string, unknown>;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt!: Date;

  @Column({ type: 'timestamptz', name: 'updated_at', precision: 3 })
  updatedAt!: Date;
}
