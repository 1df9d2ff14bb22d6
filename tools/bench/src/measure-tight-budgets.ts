import type { BenchRun } from './bench-run.js';
import { excessOf, readCaps, readCounters, type Caps } from './limit-audit.js';
import { progress } from './progress.js';
import { waitUntilAccounted } from './quiescence.js';
import { createTenant, tightAt, type Level, type Tenant } from './tenant.js';

/** What happened to a budget that could not hold all calls. */
export interface TightBudgetResult {
  readonly level: Level;
  readonly tenantId: string;
  readonly served: number;
  readonly refused: number;
  /** Largest excess seen while the calls were running. */
  readonly overspendNanoUsd: bigint;
  readonly samples: number;
}

const LEVELS: readonly Level[] = ['virtual_key', 'team', 'customer'];
const CALLS = 1_000;
const CONCURRENCY = 64;
const ACCOUNTING_TIMEOUT_MS = 30_000;

/** Ten times too many calls at once against a budget of one cent, at each level in turn. */
export async function measureTightBudgets(run: BenchRun): Promise<TightBudgetResult[]> {
  progress('budgets that do not suffice, at each level');
  const results: TightBudgetResult[] = [];
  for (const level of LEVELS) results.push(await exhaust(run, level));
  return results;
}

async function exhaust(run: BenchRun, level: Level): Promise<TightBudgetResult> {
  const { system } = run;
  const tenant = await createTenant(system.stack, `tight ${level}`, tightAt(level));
  const watch = watchExcess(run, tenant, await readCaps(system.database));
  const result = await system.load.run({
    ...run.targets.gateway,
    headers: { authorization: `Bearer ${tenant.virtualKey}` },
    body: TIGHT_BODY,
    concurrency: CONCURRENCY,
    calls: CALLS,
  });
  const { overspendNanoUsd, samples } = await watch.stop();
  await waitUntilAccounted(system.redis, tenant.customerId, ACCOUNTING_TIMEOUT_MS);
  const served = result.statuses['200'] ?? 0;
  const refused = result.statuses['402'] ?? 0;
  run.expectedCalls += served;
  if (served === 0 || served + refused !== CALLS)
    run.problems.push(`budget of the ${level}: ${JSON.stringify(result.statuses)}`);
  return { level, tenantId: tenant.customerId, served, refused, overspendNanoUsd, samples };
}

const TIGHT_BODY = JSON.stringify({
  model: 'gpt-4o-mini',
  max_tokens: 256,
  messages: [{ role: 'user', content: 'What is a penstock?' }],
});

/** Reads the counters over and over while calls are running: the promise holds at every instant, not only at the end. */
function watchExcess(
  run: BenchRun,
  tenant: Tenant,
  caps: Caps,
): { stop(): Promise<{ overspendNanoUsd: bigint; samples: number }> } {
  const stopped = new AbortController();
  let overspendNanoUsd = 0n;
  let samples = 0;
  const watching = (async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const excess = excessOf(await readCounters(run.system.redis, tenant.customerId), caps).overspendNanoUsd;
      if (excess > overspendNanoUsd) overspendNanoUsd = excess;
      samples += 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await watching;
      return { overspendNanoUsd, samples };
    },
  };
}
