import { Inject, Injectable } from '@nestjs/common';
import { amountFor, unitOfKey } from '@penstock/domain';
import { chargedAmountsOf, EPOCH_FIELD, tenantKeys, type UsageRecord } from '@penstock/dto';
import { REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';

/**
 * Removes a late record from the outbox and adds it to the counters, both or neither: done by one worker once,
 * however often the record is delivered. A tenant that is not resident is left alone, because loading it reads
 * PostgreSQL, which has the record.
 * KEYS outbox, counters; ARGV hold id, { counterId, amount } *
 */
const ACKNOWLEDGE_LATE = `
#!lua
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('HEXISTS', KEYS[2], '${EPOCH_FIELD}') == 0 then return 0 end
for i = 2, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
`.trim();

/** Settled calls that wait in Redis until PostgreSQL has them. */
@Injectable()
export class UsageOutbox {
  constructor(@Inject(REDIS_COMMAND) private readonly redis: Redis) {}

  /** The entries under these ids, null where the entry is gone: accounted for by an earlier delivery. */
  read(tenantId: string, ids: readonly string[]): Promise<(string | null)[]> {
    return this.redis.hmget(tenantKeys(tenantId).outbox, ...ids);
  }

  /** Forgets entries that PostgreSQL has. */
  async remove(tenantId: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.redis.hdel(tenantKeys(tenantId).outbox, ...ids);
  }

  /** Forgets a late entry that PostgreSQL has and lets the counters include it. */
  async removeLate(record: UsageRecord): Promise<void> {
    const keys = tenantKeys(record.tenantId);
    const amounts = chargedAmountsOf(record);
    const increments = record.counters.flatMap((counterId) => {
      const amount = amountFor(unitOfKey(counterId), amounts);
      return amount === 0n ? [] : [counterId, amount.toString()];
    });
    await this.redis.eval(ACKNOWLEDGE_LATE, 2, keys.outbox, keys.counters, record.id, ...increments);
  }
}
