import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '@penstock/platform';
import { DataSource } from 'typeorm';

/** Monthly partitions of usage events that exist beyond the current one. */
const MONTHS_AHEAD = 3;

/** Creates partitions before they are needed. Rows of a month without one are safe in the default partition. */
@Injectable()
export class PartitionKeeper {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async ensure(): Promise<number> {
    const rows: { created: number }[] = await this.dataSource.query('SELECT ledger.ensure_partitions($1) AS created', [
      MONTHS_AHEAD,
    ]);
    const created = rows[0]?.created ?? 0;
    if (created > 0) this.logger.info({ created }, 'partitions of usage events were created');
    return created;
  }
}
