import { progress } from '../progress.js';
import { quantile } from '../statistics.js';
import { ApiReader, type ApiReaderOptions } from '../management/api-reader.js';
import type { Read } from '../management/reads.js';

/** How long others waited while a read was asked for again and again. */
export interface Company {
  readonly name: string;
  /** Of `GET /health` on another connection, asked all the while. */
  readonly p95Ms: number;
  readonly maxMs: number;
}

const CALLS = 10;

/** Whether a read holds up what the process does for others: `GET /health` beside it, on a connection of its own. */
export async function measureCompany(options: ApiReaderOptions, reads: readonly Read[]): Promise<Company[]> {
  const reader = new ApiReader(options);
  const other = new ApiReader(options);
  const found: Company[] = [];
  progress('others beside each read');
  try {
    for (const { name, caller, path, body } of reads) {
      const reading = { isOver: false };
      const read = (async () => {
        for (let call = 0; call < CALLS; call += 1) await reader.time(path(call), caller, body);
      })().finally(() => {
        reading.isOver = true;
      });
      const waits: number[] = [];
      while (!reading.isOver) waits.push((await other.time('/health')).elapsedMs);
      await read;
      found.push({ name, p95Ms: quantile(waits, 0.95), maxMs: quantile(waits, 1) });
    }
  } finally {
    await Promise.all([reader.close(), other.close()]);
  }
  return found;
}
