import { Inject, Injectable } from '@nestjs/common';
import { type Clock, formatPercent } from '@penstock/domain';
import { findDefaultMarkups } from '@penstock/management';
import { CLOCK } from '@penstock/platform';
import { DataSource } from 'typeorm';

/** What an organization adds to the cost of models about which its price book says nothing else. */
@Injectable()
export class MarkupDefaults {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Percent, with two decimals; 0 without such an entry. */
  async percentOf(tenantId: string): Promise<number> {
    const markups = await findDefaultMarkups(this.dataSource.manager, [tenantId], new Date(this.clock.now()));
    return Number(formatPercent(markups.get(tenantId) ?? 0));
  }
}
