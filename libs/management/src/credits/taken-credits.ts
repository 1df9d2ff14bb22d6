import { Inject, Injectable } from '@nestjs/common';
import { creditCounterId } from '@penstock/domain';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { type CreditAccountEntity, readCreditCounters } from '@penstock/entities';
import { LOGGER, type Logger, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

/** What is taken from accounts at this moment, as admission counts it. */
@Injectable()
export class TakenCredits {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Used and held, also by calls that are over and not booked yet. Null: Redis is away. */
  async of({ tenantId, seq }: Pick<CreditAccountEntity, 'tenantId' | 'seq'>): Promise<bigint | null> {
    if (tenantId === null) return null;
    try {
      const [epoch, taken] = await this.redis.hmget(tenantKeys(tenantId).counters, EPOCH_FIELD, creditCounterId(seq));
      if (epoch !== null && epoch !== undefined) return BigInt(taken ?? 0);
    } catch (error) {
      this.logger.warn({ err: error }, 'held credits are not known because Redis does not answer');
      return null;
    }
    // Redis holds nothing of a tenant without calls; when the next one comes, this is what it is told.
    const counters = await readCreditCounters(this.dataSource.manager, tenantId);
    return BigInt(counters.find(({ accountSeq }) => accountSeq === seq)?.credits ?? 0);
  }
}
