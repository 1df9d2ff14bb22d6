import { Injectable } from '@nestjs/common';
import type { LimitEntity } from '@penstock/domain';
import type { RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { isUuid } from '../http/entity-id.pipe.js';
import { notFound } from '../http/not-found.js';
import { LimitBook, type LimitAnswer } from '../limits/answers/limit-book.js';
import { ConfigOwners } from './config-owners.js';
import type { UsageStat } from './usage.responses.js';

interface KeyRow {
  readonly id: string;
  readonly createdAt: Date;
}

const KEYS_SQL = `
SELECT k.id, k.created_at AS "createdAt" FROM governance.virtual_keys k`;

const HAS_LIMITS_SQL = `EXISTS (SELECT FROM governance.budgets b WHERE b.virtual_key_id = k.id)
  OR EXISTS (SELECT FROM governance.rate_limits r WHERE r.virtual_key_id = k.id)`;

/** Usage as it is enforced. */
@Injectable()
export class UsageService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly limitBook: LimitBook,
    private readonly configs: ConfigOwners,
  ) {}

  async ofAllKeys(ctx: RequestContext): Promise<UsageStat[]> {
    const keys: KeyRow[] = await this.dataSource.query(
      `${KEYS_SQL} WHERE ${HAS_LIMITS_SQL} ORDER BY k.created_at, k.id`,
    );
    return this.stats(keys, ctx.nowMs);
  }

  /** The key's own, then those of its configs; alone where it has none. */
  async ofKey(ctx: RequestContext, id: string): Promise<UsageStat | UsageStat[]> {
    const keys: KeyRow[] = isUuid(id) ? await this.dataSource.query(`${KEYS_SQL} WHERE k.id = $1`, [id]) : [];
    const [key] = keys;
    const [own] = await this.stats(keys, ctx.nowMs);
    if (key === undefined || own === undefined) throw notFound('The virtual key');
    const configs = await this.configs.ofKey(this.dataSource.manager, key.id);
    if (configs.length === 0) return own;
    const idsOf = (entity: LimitEntity): string[] =>
      configs.filter((one) => one.entity === entity).map((one) => one.id);
    const [providers, models] = await Promise.all([
      this.limitBook.answers('provider_config', idsOf('provider_config'), ctx.nowMs),
      this.limitBook.answers('model_config', idsOf('model_config'), ctx.nowMs),
    ]);
    const ofConfigs = configs.map((config): UsageStat => {
      const limits = providers.get(config.id) ?? models.get(config.id) ?? {};
      return {
        ...toUsageStat(key, limits),
        ...(config.provider === undefined ? {} : { provider: config.provider }),
        ...(config.model === undefined ? {} : { model: config.model }),
      };
    });
    return [own, ...ofConfigs];
  }

  private async stats(keys: readonly KeyRow[], nowMs: number): Promise<UsageStat[]> {
    const limits = await this.limitBook.answers(
      'virtual_key',
      keys.map(({ id }) => id),
      nowMs,
    );
    return keys.map((key) => toUsageStat(key, limits.get(key.id) ?? {}));
  }
}

function toUsageStat(key: KeyRow, { budget, rate_limit }: LimitAnswer): UsageStat {
  const since = key.createdAt.toISOString();
  return {
    virtual_key_id: key.id,
    tokens_current_usage: rate_limit?.token_current_usage ?? 0,
    requests_current_usage: rate_limit?.request_current_usage ?? 0,
    tokens_last_reset: rate_limit?.token_last_reset ?? since,
    requests_last_reset: rate_limit?.request_last_reset ?? since,
    ...(budget === undefined
      ? {}
      : { budget_current_usage: budget.current_usage, budget_last_reset: budget.last_reset }),
  };
}
