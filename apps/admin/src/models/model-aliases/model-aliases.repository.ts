import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { type CatalogueStatus, ModelAliasEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

/** An alias, the access groups that it is in, and the teams that have one of them. */
export interface ModelAliasRow extends ModelAliasEntity {
  readonly accessGroups: string[];
  /** Null: none. */
  readonly teamsUsing: string[] | null;
}

/** What an alias must be like to be listed; null: anything. */
export interface ModelAliasFilter {
  readonly status: CatalogueStatus | null;
  readonly provider: string | null;
  readonly accessGroup: string | null;
}

const SELECT = `SELECT a.model_alias_id AS "modelAliasId", a.model_alias AS "modelAlias",
    a.display_name AS "displayName", a.provider, a.actual_model AS "actualModel", a.description,
    a.pricing_input::text AS "pricingInput", a.pricing_output::text AS "pricingOutput", a.status,
    a.created_at AS "createdAt", a.updated_at AS "updatedAt",
    (SELECT COALESCE(json_agg(g.group_name ORDER BY g.group_name COLLATE "C"), '[]')
      FROM saas.model_alias_access_groups l
      JOIN saas.model_access_groups g ON g.model_access_group_id = l.model_access_group_id
      WHERE l.model_alias_id = a.model_alias_id) AS "accessGroups",
    (SELECT json_agg(u.team_id ORDER BY u.team_id COLLATE "C")
      FROM (SELECT DISTINCT t.team_id FROM saas.model_alias_access_groups l
        JOIN saas.team_access_groups t ON t.model_access_group_id = l.model_access_group_id
        WHERE l.model_alias_id = a.model_alias_id) u) AS "teamsUsing"
  FROM saas.model_aliases a`;

/** Storage of model aliases. */
@Injectable()
export class ModelAliasesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** By name. */
  list({ status, provider, accessGroup }: ModelAliasFilter): Promise<ModelAliasRow[]> {
    return this.dataSource.query(
      `${SELECT} WHERE a.status = COALESCE($1, a.status) AND a.provider = COALESCE($2, a.provider)
        AND ($3::text IS NULL OR EXISTS (SELECT FROM saas.model_alias_access_groups l
          JOIN saas.model_access_groups g ON g.model_access_group_id = l.model_access_group_id
          WHERE l.model_alias_id = a.model_alias_id AND g.group_name = $3))
        ORDER BY a.model_alias COLLATE "C"`,
      [status, provider, accessGroup],
    );
  }

  /** @throws AppError `not_found` */
  async get(modelAlias: string, manager: EntityManager = this.dataSource.manager): Promise<ModelAliasRow> {
    const [row]: ModelAliasRow[] = await manager.query(`${SELECT} WHERE a.model_alias = $1`, [modelAlias]);
    if (row === undefined) throw new AppError('not_found', { detail: `Model alias '${modelAlias}' was not found.` });
    return row;
  }

  /** @throws AppError `already_exists` when the name is taken. The transaction is lost then. */
  async insert(tx: EntityManager, alias: ModelAliasEntity): Promise<void> {
    try {
      await tx.getRepository(ModelAliasEntity).insert(alias);
    } catch (error) {
      if (brokenConstraintOf(error) !== 'uq_model_aliases_model_alias') throw error;
      throw new AppError('already_exists', {
        detail: `Model alias '${alias.modelAlias}' already exists.`,
        cause: error,
      });
    }
  }

  async update(tx: EntityManager, modelAliasId: string, fields: Partial<ModelAliasEntity>): Promise<void> {
    await tx.getRepository(ModelAliasEntity).update({ modelAliasId }, fields);
  }

  /** Its places in access groups go with it. */
  async delete(tx: EntityManager, modelAliasId: string): Promise<void> {
    await tx.getRepository(ModelAliasEntity).delete({ modelAliasId });
  }
}
