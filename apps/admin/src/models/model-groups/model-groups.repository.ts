import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { type CatalogueStatus, ModelGroupEntity, ModelGroupModelEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

/** A model of a group, as it is read with it. */
export interface GroupModelRow extends Pick<ModelGroupModelEntity, 'id' | 'modelName' | 'priority' | 'isActive'> {
  readonly createdAtMs: number;
}

/** A group and its models in the order in which they are tried. */
export interface ModelGroupRow extends Omit<ModelGroupEntity, 'createdAt'> {
  readonly models: readonly GroupModelRow[];
}

const SELECT = `SELECT g.model_group_id AS "modelGroupId", g.group_name AS "groupName",
    g.display_name AS "displayName", g.description, g.status, g.updated_at AS "updatedAt",
    (SELECT COALESCE(json_agg(json_build_object('id', m.id, 'modelName', m.model_name, 'priority', m.priority,
        'isActive', m.is_active, 'createdAtMs', (EXTRACT(EPOCH FROM m.created_at) * 1000)::bigint)
      ORDER BY m.priority, m.id), '[]')
      FROM saas.model_group_models m WHERE m.model_group_id = g.model_group_id) AS models
  FROM saas.model_groups g`;

/** Storage of model groups. */
@Injectable()
export class ModelGroupsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By name; null: whatever their status. */
  list(status: CatalogueStatus | null): Promise<ModelGroupRow[]> {
    return this.dataSource.query(
      `${SELECT} WHERE g.status = COALESCE($1, g.status) ORDER BY g.group_name COLLATE "C"`,
      [status],
    );
  }

  /** @throws AppError `not_found` */
  async get(groupName: string, manager: EntityManager = this.dataSource.manager): Promise<ModelGroupRow> {
    const [row]: ModelGroupRow[] = await manager.query(`${SELECT} WHERE g.group_name = $1`, [groupName]);
    if (row === undefined) {
      throw new AppError('not_found', { detail: `Model group '${groupName}' was not found.` });
    }
    return row;
  }

  /** @throws AppError `already_exists` when the name is taken. The transaction is lost then. */
  async insert(tx: EntityManager, group: ModelGroupEntity): Promise<void> {
    try {
      await tx.getRepository(ModelGroupEntity).insert(group);
    } catch (error) {
      if (brokenConstraintOf(error) !== 'uq_model_groups_group_name') throw error;
      throw new AppError('already_exists', {
        detail: `Model group '${group.groupName}' already exists.`,
        cause: error,
      });
    }
  }

  async update(tx: EntityManager, modelGroupId: string, fields: Partial<ModelGroupEntity>): Promise<void> {
    await tx.getRepository(ModelGroupEntity).update({ modelGroupId }, fields);
  }

  /** The group has these models then, and no others. */
  async replaceModels(
    tx: EntityManager,
    modelGroupId: string,
    models: readonly ModelGroupModelEntity[],
  ): Promise<void> {
    await tx.getRepository(ModelGroupModelEntity).delete({ modelGroupId });
    if (models.length > 0) await tx.getRepository(ModelGroupModelEntity).insert([...models]);
  }

  async delete(tx: EntityManager, modelGroupId: string): Promise<void> {
    await tx.getRepository(ModelGroupEntity).delete({ modelGroupId });
  }

  async countTeams(tx: EntityManager, modelGroupId: string): Promise<number> {
    const [row]: { count: number }[] = await tx.query(
      'SELECT count(*)::int AS count FROM saas.team_model_groups WHERE model_group_id = $1',
      [modelGroupId],
    );
    return row?.count ?? 0;
  }

  async hasTeam(teamId: string, modelGroupId: string): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      'SELECT 1 FROM saas.team_model_groups WHERE team_id = $1 AND model_group_id = $2',
      [teamId, modelGroupId],
    );
    return rows.length > 0;
  }
}
