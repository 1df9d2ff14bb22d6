import type { FuzzOptions, FuzzReport } from './fuzz/run-fuzz.js';

export { EntityRef } from './fuzz/entity-pool.js';
export type { ApiOperation } from './fuzz/openapi-document.js';
export type { FuzzOptions, FuzzReport, FuzzViolation } from './fuzz/run-fuzz.js';

/** See `runFuzz`. Loaded here only: tests without it must not pay for the generator and the schema compiler. */
export async function fuzzApi(options: FuzzOptions): Promise<FuzzReport> {
  const { runFuzz } = await import('./fuzz/run-fuzz.js');
  return runFuzz(options);
}

/** Seed and number of requests: PENSTOCK_FUZZ_SEED and PENSTOCK_FUZZ_COUNT, else the same ones in every run. */
export function fuzzScope(countDefault: number): { readonly seed: number; readonly count: number } {
  const read = (name: string, fallback: number): number => {
    const text = process.env[name];
    return text === undefined || text === '' ? fallback : Number(text);
  };
  return { seed: read('PENSTOCK_FUZZ_SEED', 1), count: read('PENSTOCK_FUZZ_COUNT', countDefault) };
}
