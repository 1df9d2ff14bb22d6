import { Injectable } from '@nestjs/common';
import { AppError } from '@penstock/domain';
import { ModelConfigEntity } from '@penstock/entities';
import { brokenConstraintOf } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

import { filterById } from '../http/list-page.js';
import type { ModelConfigListQuery } from './model-configs.requests.js';

/** Rows of `governance.model_configs`. */
@Injectable()
export class ModelConfigsRepository {
  constructor(private readonly dataSource: DataSource) {}

  async findById(id: string, manager: EntityManager = this.dataSource.manager): Promise<ModelConfigEntity | null> {
    return manager.getRepository(ModelConfigEntity).findOneBy({ id });
  }

  /** Oldest first. */
  async list({ limit, offset, model, ...owners }: ModelConfigListQuery): Promise<ModelConfigEntity[]> {
    const builder = this.dataSource.getRepository(ModelConfigEntity).createQueryBuilder('config');
    filterById(builder, 'virtualKeyId', owners.virtual_key_id);
    filterById(builder, 'teamId', owners.team_id);
    filterById(builder, 'customerId', owners.customer_id);
    if (model !== undefined && model !== '') {
      builder.andWhere('config.model = :model', { model: model.replaceAll('\0', '') });
    }
    builder.orderBy('config.createdAt', 'ASC').addOrderBy('config.id', 'ASC');
    if (limit !== undefined) builder.limit(limit);
    if (offset !== undefined) builder.offset(offset);
    return builder.getMany();
  }

  /** @throws AppError `model_config_exists` */
  async insert(tx: EntityManager, config: ModelConfigEntity): Promise<void> {
    try {
      await tx.getRepository(ModelConfigEntity).insert(config);
    } catch (error) {
      if (brokenConstraintOf(error) !== 'uq_model_configs_owner_model_provider') throw error;
      throw new AppError('model_config_exists', { cause: error });
    }
  }

  async markUpdated(tx: EntityManager, id: string, updatedAt: Date): Promise<void> {
    await tx.getRepository(ModelConfigEntity).update({ id }, { updatedAt });
  }

  async delete(tx: EntityManager, id: string): Promise<void> {
    await tx.getRepository(ModelConfigEntity).delete({ id });
  }
}
