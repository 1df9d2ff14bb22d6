import { Inject, Injectable } from '@nestjs/common';
import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import { readRecordedCounters } from '@penstock/entities';
import { LOGGER, type Logger, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

/** Settled + held by counter id; a counter that is absent was never touched. */
export type Usage = ReadonlyMap<string, bigint>;

/** Tenants of one pipeline; bounds what waits in memory at once. */
const TENANTS_PER_PIPELINE = 1_000;

/**
 * What the limits have used up, as the gateways enforce it: the counters in Redis. For tenants that Redis does not
 * hold, and while it is away, what PostgreSQL has recorded, which lacks calls in flight.
 */
@Injectable()
export class LiveUsage {
  constructor(
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly dataSource: DataSource,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Reads counters of any number of tenants with one pipeline per thousand of them. */
  async read(countersByTenant: ReadonlyMap<string, readonly string[]>): Promise<Usage> {
    const usage = new Map<string, bigint>();
    const notResident: string[] = [];
    const tenants = [...countersByTenant];
    for (let start = 0; start < tenants.length; start += TENANTS_PER_PIPELINE) {
      const chunk = tenants.slice(start, start + TENANTS_PER_PIPELINE);
      const replies = await this.readChunk(chunk);
      for (const [index, [, counterIds]] of chunk.entries()) {
        const [epoch, ...values] = replies?.[index] ?? [];
        if (epoch === null || epoch === undefined) notResident.push(...counterIds);
        for (const [position, counterId] of counterIds.entries()) usage.set(counterId, BigInt(values[position] ?? 0));
      }
    }
    for (const { counterId, used } of await readRecordedCounters(this.dataSource.manager, notResident)) {
      // A tenant that was never loaded may hold usage that followed a key into it, newer than the ledger.
      const carried = usage.get(counterId) ?? 0n;
      usage.set(counterId, carried > BigInt(used) ? carried : BigInt(used));
    }
    return usage;
  }

  private async readChunk(
    chunk: readonly (readonly [string, readonly string[]])[],
  ): Promise<(string | null)[][] | undefined> {
    try {
      return await Promise.all(
        chunk.map(([tenantId, counterIds]) =>
          this.redis.hmget(tenantKeys(tenantId).counters, EPOCH_FIELD, ...counterIds),
        ),
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'usage is read from the ledger because Redis does not answer');
      return undefined;
    }
  }
}
