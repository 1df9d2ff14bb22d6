import { Injectable } from '@nestjs/common';
import { SessionCache } from '@penstock/management';
import { DataSource, type EntityManager } from 'typeorm';

/** Changes of accounts that may end logins, or change what they may do. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly dataSource: DataSource,
    private readonly cache: SessionCache,
  ) {}

  /** One transaction; when this resolves, no process takes a login of the account for what it was before. */
  async run<T>(userId: string, useCase: (tx: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.dataSource.transaction(useCase);
    await this.cache.forget([userId]);
    return result;
  }
}
