import { startStack, type Stack } from '@penstock/testing';
import { Redis } from 'ioredis';
import { cpus } from 'node:os';
import pg from 'pg';
import { progress } from '../progress.js';
import { ApiReader, type ApiReaderOptions } from './api-reader.js';
import { checkSeed } from './check-seed.js';
import { parseManagementOptions, type ManagementOptions } from './management-options.js';
import { isManagementCorrect, managementToJson, managementToText } from './management-report.js';
import { measureReads, type ReadsResult } from './measure-reads.js';
import { readsOf, type Read } from './reads.js';
import { newKeySecretsEnv, seedPolicies, type KeySecretsEnv } from './seed-policies.js';
import { seedUsage } from './seed-usage.js';
import { openStatementCounter, STATEMENT_LIBRARY } from './statement-counter.js';
import { auditScans, countUsageEventScans } from './usage-event-scans.js';

/**
 * Reads of the management API over many entities.
 *
 * @returns the exit code: 1 when a read touched usage events
 */
export async function benchManagement(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const options = parseManagementOptions(args);
  const secrets = newKeySecretsEnv();
  // Governance alone: whatever happens to usage events meanwhile, a read of the management API has done it.
  const stack = await startStack({
    admin: false,
    workers: 0,
    gateways: 0,
    simulator: false,
    durability: 'full',
    preloadLibraries: [STATEMENT_LIBRARY],
    env: { PENSTOCK_LOG_LEVEL: 'warn', ...secrets },
  });
  try {
    const { reads, seedProblems } = await seed(stack, secrets, options);
    await stack.governance.stop();
    const scansBefore = await countUsageEventScans(stack.databaseUrl);
    await stack.governance.restart();
    const measured = await measure(stack, reads, options);
    const { governance, databaseUrl } = stack;
    const report = {
      ...measured,
      machine: `${cpus()[0]?.model ?? 'unknown CPU'} x ${cpus().length}, Node ${process.versions.node}`,
      options,
      seedProblems,
      scans: await auditScans(governance, apiOptions(stack), databaseUrl, reads, scansBefore),
      elapsedS: (performance.now() - startedMs) / 1000,
    };
    process.stdout.write(`${managementToText(report)}\n`);
    if (options.isJson) process.stdout.write(`${JSON.stringify(managementToJson(report))}\n`);
    return isManagementCorrect(report) ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

/** Everything that is read, its statistics up to date, and what is wrong with it. */
async function seed(
  stack: Stack,
  secrets: KeySecretsEnv,
  options: ManagementOptions,
): Promise<{ reads: Read[]; seedProblems: string[] }> {
  const database = new pg.Client({ connectionString: stack.databaseUrl });
  const redis = new Redis(stack.redisUrl);
  const api = new ApiReader(apiOptions(stack));
  try {
    await database.connect();
    progress(`seeding ${options.keys} keys, ${options.teams} teams, ${options.customers} customers`);
    const policies = await seedPolicies(stack, database, options, secrets);
    progress(`seeding their usage and ${options.usageEvents} events`);
    const usage = await seedUsage(api, database, redis, policies.dataset, options.usageEvents);
    await database.query('VACUUM ANALYZE');
    progress('checking that the copies read as what the API writes');
    return { reads: readsOf(policies), seedProblems: await checkSeed(api, policies, usage) };
  } finally {
    await api.close();
    redis.disconnect();
    await database.end();
  }
}

async function measure(
  stack: Stack,
  reads: readonly Read[],
  options: ManagementOptions,
): Promise<ReadsResult & { usageEventStatements: string[] }> {
  const database = new pg.Client({ connectionString: stack.databaseUrl });
  const api = new ApiReader(apiOptions(stack));
  try {
    await database.connect();
    const counter = await openStatementCounter(database);
    const result = await measureReads(api, reads, options, counter);
    return { ...result, usageEventStatements: await counter.onUsageEvents() };
  } finally {
    await api.close();
    await database.end();
  }
}

function apiOptions({ governanceUrl, masterKey, serviceToken }: Stack): ApiReaderOptions {
  return { baseUrl: governanceUrl, masterKey, serviceToken };
}
