import { parseArgs } from 'node:util';

import { createDataSource } from '@penstock/entities';
import {
  AdmissionStore,
  closeRedis,
  createLogger,
  createRedis,
  isRedisReadyWithin,
  loadConfigOrExit,
  revealSecret,
} from '@penstock/platform';

import { ReconcileConfig } from './reconciliation/config.js';
import { hasNoDrift, isSettled, Reconciler } from './reconciliation/reconciler.js';
import { renderJson, renderText } from './reconciliation/render-reconciliation.js';

const USAGE = `Compares the counters in Redis with the ledger in PostgreSQL.

  reconcile [--check]    exit 0 when they are equal and nothing is under way, 1 otherwise
  reconcile --repair     sets Redis right from PostgreSQL and what is in flight; exit 0 when no drift is left
  --tenant <id>          one tenant only
  --json                 one JSON object

DATABASE_URL and REDIS_URL say where; PENSTOCK_LIMIT_WINDOW_RETENTION_DAYS is what the worker has. Exit 2: wrong arguments, or a store is not reachable.
`;

const TIMEOUT_MS = 60_000;

/** @returns the exit code. */
async function main(): Promise<number> {
  const options = readArguments();
  if (options === undefined) return 2;
  const config = loadConfigOrExit(ReconcileConfig);
  const logger = createLogger('reconcile', { level: 'silent' });
  const redis = createRedis(config.REDIS_URL, 'command', logger, { commandTimeoutMs: TIMEOUT_MS });
  const dataSource = createDataSource({
    url: revealSecret(config.DATABASE_URL),
    applicationName: 'penstock-reconcile',
    poolMax: 2,
    statementTimeoutMs: 0,
  });
  try {
    if (!(await isRedisReadyWithin(redis, 5_000))) throw new Error('Redis is not reachable at REDIS_URL');
    await dataSource.initialize();
    const store = new AdmissionStore(redis, { deadlineMs: TIMEOUT_MS });
    const reconciler = new Reconciler(redis, store, dataSource, config.PENSTOCK_LIMIT_WINDOW_RETENTION_DAYS);
    let found = await reconciler.check(options.tenant);
    let repaired: number | undefined;
    if (options.isRepair) {
      repaired = await reconciler.repair(found);
      found = await reconciler.check(options.tenant);
    }
    const isGood = options.isRepair ? hasNoDrift(found) : isSettled(found);
    const render = options.isJson ? renderJson : renderText;
    process.stdout.write(`${render(found, repaired, isGood)}\n`);
    return isGood ? 0 : 1;
  } catch (error) {
    process.stderr.write(`reconcile: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  } finally {
    await closeRedis(redis);
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function readArguments(): { isRepair: boolean; isJson: boolean; tenant: string | undefined } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        check: { type: 'boolean' },
        repair: { type: 'boolean' },
        tenant: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true || (values.check === true && values.repair === true)) {
      process.stderr.write(USAGE);
      return undefined;
    }
    return { isRepair: values.repair === true, isJson: values.json === true, tenant: values.tenant };
  } catch (error) {
    process.stderr.write(`reconcile: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return undefined;
  }
}

process.exitCode = await main();
