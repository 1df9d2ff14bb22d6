import type { TestRun } from './jest-global-setup.js';

/** Stops the PostgreSQL of the run. */
export default async function tearDown(): Promise<void> {
  await (globalThis as TestRun).penstockTestCluster?.stop();
}
