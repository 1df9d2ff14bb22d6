import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { type CatalogueStatus, ModelAccessGroupEntity, type ModelAliasEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

/** An access group, its aliases by name, and the teams that have it. */
export interface AccessGroupRow extends ModelAccessGroupEntity {
  readonly aliases: readonly Pick<ModelAliasEntity, 'modelAlias' | 'displayName' | 'provider' | 'actualModel'>[];
  /** Null: none. */
  readonly teamsUsing: string[] | null;
}

const SELECT = `SELECT g.model_access_group_id AS "modelAccessGroupId", g.group_name AS "groupName",
    g.display_name AS "displayName", g.description, g.status, g.created_at AS "createdAt", g.updated_at AS "updatedAt",
    (SELECT COALESCE(json_agg(json_build_object('modelAlias', a.model_alias, 'displayName', a.display_name,
        'provider', a.provider, 'actualModel', a.actual_model) ORDER BY a.model_alias COLLATE "C"), '[]')
      FROM saas.model_alias_access_groups l JOIN saas.model_aliases a ON a.model_alias_id = l.model_alias_id
      WHERE l.model_access_group_id = g.model_access_group_id) AS aliases,
    (SELECT json_agg(t.team_id ORDER BY t.team_id COLLATE "C") FROM saas.team_access_groups t
      WHERE t.model_access_group_id = g.model_access_group_id) AS "teamsUsing"
  FROM saas.model_access_groups g`;

/** Storage of access groups. */
@Injectable()
export class AccessGroupsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By name; null: whatever their status. */
  list(status: CatalogueStatus | null): Promise<AccessGroupRow[]> {
    return this.dataSource.query(
      `${SELECT} WHERE g.status = COALESCE($1, g.status) ORDER BY g.group_name COLLATE "C"`,
      [status],
    );
  }

  /** @throws AppError `not_found` */
  async get(groupName: string, manager: EntityManager = this.dataSource.manager): Promise<AccessGroupRow> {
    const [row]: AccessGroupRow[] = await manager.query(`${SELECT} WHERE g.group_name = $1`, [groupName]);
    if (row === undefined) throw new AppError('not_found', { detail: `Access group '${groupName}' was not found.` });
    return row;
  }

  /** @throws AppError `already_exists` when the name is taken. The transaction is lost then. */
  async insert(tx: EntityManager, group: ModelAccessGroupEntity): Promise<void> {
    try {
      await tx.getRepository(ModelAccessGroupEntity).insert(group);
    } catch (error) {
      if (brokenConstraintOf(error) !== 'uq_model_access_groups_group_name') throw error;
      throw new AppError('already_exists', {
        detail: `Access group '${group.groupName}' already exists.`,
        cause: error,
      });
    }
  }

  async update(tx: EntityManager, modelAccessGroupId: string, fields: Partial<ModelAccessGroupEntity>): Promise<void> {
    await tx.getRepository(ModelAccessGroupEntity).update({ modelAccessGroupId }, fields);
  }

  /** Its aliases stay, without it. */
  async delete(tx: EntityManager, modelAccessGroupId: string): Promise<void> {
    await tx.getRepository(ModelAccessGroupEntity).delete({ modelAccessGroupId });
  }
}
