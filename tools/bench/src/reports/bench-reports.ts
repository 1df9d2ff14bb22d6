import { startStack, type Stack } from '@penstock/testing';
import { cpus } from 'node:os';
import pg from 'pg';
import { ApiReader, type ApiReaderOptions } from '../management/api-reader.js';
import { measureReads, type ReadsResult } from '../management/measure-reads.js';
import { openStatementCounter, STATEMENT_LIBRARY } from '../management/statement-counter.js';
import { auditScans, countUsageEventScans } from '../management/usage-event-scans.js';
import { peakRssMbOf, rssMbOf } from '../process-stat.js';
import { progress } from '../progress.js';
import { checkBooks } from './check-books.js';
import { measureCompany } from './measure-company.js';
import { reportReads, type ReportReads } from './report-reads.js';
import { parseReportsOptions, type ReportsOptions } from './reports-options.js';
import { areReportsCorrect, reportsToJson, reportsToText, type AdminMemory } from './reports-report.js';
import { seedOrganization, type SeededOrganization } from './seed-organization.js';
import { seedAudit, seedTransactions } from './seed-transactions.js';
import { seedUsageYear } from './seed-usage-year.js';

/**
 * Reports of the admin API over a year of usage.
 *
 * @returns the exit code: 1 when a report touched usage events, or the seeded books are wrong
 */
export async function benchReports(args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const options = parseReportsOptions(args);
  // Admin alone: whatever happens to usage events meanwhile, a report has done it.
  const stack = await startStack({
    governance: false,
    workers: 0,
    gateways: 0,
    simulator: false,
    durability: 'full',
    preloadLibraries: [STATEMENT_LIBRARY],
    env: { PENSTOCK_LOG_LEVEL: 'warn' },
  });
  try {
    const { organization, reads, seedProblems } = await seed(stack, options);
    const api = apiOptions(stack, organization);
    await stack.admin.restart();
    const previews = (await measure(stack, api, reads.previews, options)).result;
    await stack.admin.stop();
    const scansBefore = await countUsageEventScans(stack.databaseUrl);
    await stack.admin.restart();
    const reports = await measure(stack, api, reads.reports, options);
    const company = await measureCompany(api, reads.reports);
    // What comes with the previews reads usage events: their scans are no finding.
    const { admin, databaseUrl } = stack;
    const memory = { ...reports.memory, endMb: rssMbOf(admin.pid), peakMb: peakRssMbOf(admin.pid) };
    const scans = await auditScans(admin, api, databaseUrl, reads.reports, scansBefore);
    await admin.restart();
    const report = {
      ...reports.result,
      previews: previews.reads,
      usageEventStatements: reports.usageEventStatements,
      company: [...company, ...(await measureCompany(api, reads.previews))],
      memory,
      scans,
      seedProblems,
      options,
      machine: `${cpus()[0]?.model ?? 'unknown CPU'} x ${cpus().length}, Node ${process.versions.node}`,
      elapsedS: (performance.now() - startedMs) / 1000,
    };
    process.stdout.write(`${reportsToText(report)}\n`);
    if (options.isJson) process.stdout.write(`${JSON.stringify(reportsToJson(report))}\n`);
    return areReportsCorrect(report) ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

/** Everything that is reported on, its statistics up to date, and what is wrong with it. */
async function seed(
  stack: Stack,
  options: ReportsOptions,
): Promise<{ organization: SeededOrganization; reads: ReportReads; seedProblems: string[] }> {
  const database = new pg.Client({ connectionString: stack.databaseUrl });
  await database.connect();
  try {
    progress(`creating an organization with ${options.teams} teams`);
    const organization = await seedOrganization(stack, database, options.teams);
    progress(`seeding ${options.usageEvents} usage events and ${options.jobs} jobs of a year`);
    await seedUsageYear(database, organization, options);
    progress(`seeding ${options.creditTransfers} transactions and ${options.auditEntries} audit entries`);
    await seedTransactions(database, options);
    await seedAudit(database, organization, options);
    await database.query('VACUUM ANALYZE');
    progress('checking that sums agree with what they are sums of');
    const api = new ApiReader(apiOptions(stack, organization));
    try {
      const seedProblems = await checkBooks(database, api, organization, options);
      return { organization, reads: await reportReads(api, organization, Date.now()), seedProblems };
    } finally {
      await api.close();
    }
  } finally {
    await database.end();
  }
}

interface Measured {
  readonly result: ReadsResult;
  readonly usageEventStatements: string[];
  readonly memory: Pick<AdminMemory, 'startMb'>;
}

async function measure(
  { databaseUrl, admin }: Stack,
  options: ApiReaderOptions,
  reads: ReportReads['reports'],
  measuring: ReportsOptions,
): Promise<Measured> {
  const database = new pg.Client({ connectionString: databaseUrl });
  const api = new ApiReader(options);
  const memory = { startMb: rssMbOf(admin.pid) };
  try {
    await database.connect();
    const counter = await openStatementCounter(database);
    const result = await measureReads(api, reads, measuring, counter);
    return { result, usageEventStatements: await counter.onUsageEvents(), memory };
  } finally {
    await api.close();
    await database.end();
  }
}

function apiOptions(
  { adminUrl, masterKey, serviceToken }: Stack,
  { teamKey }: Pick<SeededOrganization, 'teamKey'>,
): ApiReaderOptions {
  return { baseUrl: adminUrl, masterKey, serviceToken, teamKey };
}
