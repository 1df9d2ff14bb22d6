import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, REDIS_COMMAND } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { WorkerConfig } from '../config.js';
import { readLimitDefinitions } from '../limits/limit-definitions.js';
import { serverNowMs } from '../sweeps/tenant-scan.js';
import { plainArray, textArray } from '../usage/array-literal.js';
import { isKeptForEver, keptFromMs, retentionCutoffMs } from './window-retention.js';

/** Bounds of one statement: neither the rows it locks nor the time it takes depend on how much there is to delete. */
const KEYS_PER_PAGE = 500;
const ROWS_PER_BATCH = 5_000;

/** The next keys after $1, by one index look-up each: there may be thousands of windows of a key. */
const NEXT_KEYS = `
  WITH RECURSIVE keys AS (
    (SELECT limit_key FROM ledger.limit_windows WHERE limit_key > $1 ORDER BY limit_key LIMIT 1)
    UNION ALL
    SELECT (SELECT w.limit_key FROM ledger.limit_windows w
            WHERE w.limit_key > keys.limit_key ORDER BY w.limit_key LIMIT 1)
    FROM keys WHERE keys.limit_key IS NOT NULL
  )
  SELECT limit_key FROM keys WHERE limit_key IS NOT NULL LIMIT ${KEYS_PER_PAGE}`;

/** Rows that are being written are left to the next run, so that no usage waits and nothing deadlocks. */
const DELETE_BATCH = `
  DELETE FROM ledger.limit_windows WHERE counter_id IN (
    SELECT w.counter_id
    FROM unnest($1::text[], $2::integer[], $3::bigint[]) AS k(limit_key, generation, kept_from_ms)
    JOIN ledger.limit_windows w ON w.limit_key = k.limit_key
    WHERE w.window_start_at < to_timestamp($4::bigint / 1000.0)
      AND (w.generation <> k.generation OR w.window_start_at < to_timestamp(k.kept_from_ms / 1000.0))
    LIMIT ${ROWS_PER_BATCH} FOR UPDATE OF w SKIP LOCKED)`;

/** No generation that a limit ever had: all windows of a deleted limit are old ones. */
const NO_GENERATION = -1;

/**
 * Takes windows of rate limits out of the ledger that ended long ago: a limit per second makes 86,400 of them a day.
 * Their usage events stay. Windows of budgets are kept for ever.
 */
@Injectable()
export class WindowPruner {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(REDIS_COMMAND) private readonly redis: Redis,
    private readonly config: WorkerConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @returns how many windows were deleted. */
  async prune(): Promise<number> {
    const definitions = await readLimitDefinitions(this.dataSource.manager);
    const nowMs = await serverNowMs(this.redis);
    const cutoffMs = retentionCutoffMs(this.config.PENSTOCK_LIMIT_WINDOW_RETENTION_DAYS, nowMs);
    let deleted = 0;
    for (let after = ''; ;) {
      const page: { limit_key: string }[] = await this.dataSource.query(NEXT_KEYS, [after]);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.limit_key;
      const keys = page.map(({ limit_key: key }) => key).filter((key) => !isKeptForEver(key));
      const kept = keys.map((key) => {
        const definition = definitions.get(key);
        if (definition === undefined) return { key, generation: NO_GENERATION, fromMs: cutoffMs };
        return { key, generation: definition.generation, fromMs: keptFromMs(definition, cutoffMs) };
      });
      deleted += await this.deleteBefore(kept, cutoffMs);
    }
    if (deleted > 0)
      this.logger.info({ windows: deleted }, 'ended windows of rate limits were removed from the ledger');
    return deleted;
  }

  private async deleteBefore(
    kept: readonly { readonly key: string; readonly generation: number; readonly fromMs: number }[],
    cutoffMs: number,
  ): Promise<number> {
    if (kept.length === 0) return 0;
    let deleted = 0;
    for (;;) {
      const [, count]: [unknown, number] = await this.dataSource.query(DELETE_BATCH, [
        textArray(kept.map(({ key }) => key)),
        plainArray(kept.map(({ generation }) => generation)),
        plainArray(kept.map(({ fromMs }) => fromMs)),
        cutoffMs,
      ]);
      deleted += count;
      if (count < ROWS_PER_BATCH) return deleted;
    }
  }
}
