import { waitFor } from '@penstock/testing';
import pg from 'pg';
import { progress } from '../progress.js';
import { ApiReader, type ApiReaderOptions } from './api-reader.js';
import type { Read } from './reads.js';

/** What happened to the usage events while an API was read. */
export interface ScanResult {
  /** Sequential and index scans of their partitions. Zero is the promise. */
  readonly scans: number;
  /** Reads that scan them; asked for only when there were scans. */
  readonly guiltyReads: readonly string[];
  /** Scans that one deliberate query caused: zero would mean that the count above proves nothing. */
  readonly controlScans: number;
}

/** The process whose scans are counted. */
export interface ScannedService {
  stop(): Promise<unknown>;
  restart(): Promise<void>;
}

const FLUSH_TIMEOUT_MS = 30_000;

/**
 * Sequential and index scans of the partitions since the database exists. PostgreSQL counts the scans of a connection
 * when the connection ends, at the latest: stop the service first.
 */
export async function countUsageEventScans(databaseUrl: string): Promise<number> {
  return onOwnConnection(databaseUrl, async (database) => {
    const { rows } = await database.query<{ scans: string }>(
      `SELECT COALESCE(sum(seq_scan + COALESCE(idx_scan, 0)), 0)::text AS scans
         FROM pg_stat_user_tables WHERE schemaname = 'ledger' AND relname LIKE 'usage\\_events%'`,
    );
    return Number(rows[0]?.scans);
  });
}

/** Stops the service and answers what its reads have scanned since `scansBefore` was counted. */
export async function auditScans(
  service: ScannedService,
  api: ApiReaderOptions,
  databaseUrl: string,
  reads: readonly Read[],
  scansBefore: number,
): Promise<ScanResult> {
  await service.stop();
  const scans = (await countUsageEventScans(databaseUrl)) - scansBefore;
  const guiltyReads = scans === 0 ? [] : await findGuiltyReads(service, api, databaseUrl, reads);
  return { scans, guiltyReads, controlScans: await scanOnPurpose(databaseUrl) };
}

/** Gives each read a process of its own, so that scans have one possible cause. */
async function findGuiltyReads(
  service: ScannedService,
  options: ApiReaderOptions,
  databaseUrl: string,
  reads: readonly Read[],
): Promise<string[]> {
  progress('usage events were scanned: looking for the read');
  const guilty: string[] = [];
  let before = await countUsageEventScans(databaseUrl);
  for (const { name, caller, path, body } of reads) {
    await service.restart();
    const api = new ApiReader(options);
    await api.time(path(1), caller, body);
    await api.close();
    await service.stop();
    const after = await countUsageEventScans(databaseUrl);
    if (after > before) guilty.push(name);
    before = after;
  }
  return guilty;
}

async function scanOnPurpose(databaseUrl: string): Promise<number> {
  const before = await countUsageEventScans(databaseUrl);
  await onOwnConnection(databaseUrl, (database) => database.query('SELECT max(latency_ms) FROM ledger.usage_events'));
  let scans = 0;
  await waitFor(
    async () => {
      scans = (await countUsageEventScans(databaseUrl)) - before;
      return scans > 0;
    },
    { what: 'PostgreSQL to count a scan of the usage events', timeoutMs: FLUSH_TIMEOUT_MS },
  );
  return scans;
}

async function onOwnConnection<T>(databaseUrl: string, work: (database: pg.Client) => Promise<T>): Promise<T> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}
