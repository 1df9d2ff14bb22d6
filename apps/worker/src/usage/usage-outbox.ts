import { Inject, Injectable } from '@nestjs/common';
import { amountFor, unitOfKey } from '@penstock/domain';
import { chargedAmountsOf, EPOCH_FIELD, tenantKeys, type UsageRecord } from '@penstock/dto';
import { REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';

/**
 * Removes a late record from the outbox and adds it to the counters, both or neither: done by one worker once,
 * however often the record is delivered. A tenant that is not resident is left alone, because loading it reads
 * PostgreSQL, which has the record.
 * A call of a job is added to the job, unless that has ended, and its credits take what the job then takes more.
 * KEYS outbox, counters; ARGV hold id, counter of the credits or '', counter of the job, millionths of a credit,
 *      { counterId, amount } *
 */
const ACKNOWLEDGE_LATE = `
#!lua
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('HEXISTS', KEYS[2], '${EPOCH_FIELD}') == 0 then return 0 end
local micro = ARGV[2] ~= '' and redis.call('HGET', KEYS[2], ARGV[3])
if micro then
  local function credits(value) return math.max(1, math.floor(value / 1e6)) end
  local sum = redis.call('HINCRBY', KEYS[2], ARGV[3], ARGV[4])
  redis.call('HINCRBY', KEYS[2], ARGV[2], string.format('%.0f', credits(sum) - credits(tonumber(micro))))
end
for i = 5, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], ARGV[i], ARGV[i + 1]) end
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
    const job = record.counters.find((counterId) => unitOfKey(counterId) === 'micro_credits');
    const account = record.counters.find((counterId) => unitOfKey(counterId) === 'credits');
    const jobArgs =
      job === undefined || account === undefined ? ['', '', '0'] : [account, job, `${amounts.microCredits}`];
    const increments = record.counters.flatMap((counterId) => {
      const amount = counterId === job ? 0n : amountFor(unitOfKey(counterId), amounts);
      return amount === 0n ? [] : [counterId, amount.toString()];
    });
    await this.redis.eval(ACKNOWLEDGE_LATE, 2, keys.outbox, keys.counters, record.id, ...jobArgs, ...increments);
  }
}
