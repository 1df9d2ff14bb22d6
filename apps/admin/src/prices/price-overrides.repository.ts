import { Injectable } from '@nestjs/common';
import type { PriceOverride } from '@penstock/domain';
import { PriceOverrideEntity } from '@penstock/entities';
import { toPriceTexts } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

/** Operators' prices of what providers bill; governance changes them. */
@Injectable()
export class PriceOverridesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** All there ever were, or those about some provider only. */
  async list(provider?: string, manager: EntityManager = this.dataSource.manager): Promise<PriceOverride[]> {
    const rows = await manager
      .getRepository(PriceOverrideEntity)
      .find(provider === undefined ? {} : { where: { provider } });
    return rows.map((row) => ({
      id: row.id,
      provider: row.provider,
      model: row.model,
      effectiveFromMs: row.effectiveFrom.getTime(),
      ...toPriceTexts(row),
    }));
  }
}
