import { parseArgs } from 'node:util';

import { type ChainVerdict, createDataSource, nextAuditChain, verifyAuditChain } from '@penstock/entities';
import { loadConfigOrExit, revealSecret, SecretEnv, type Secret } from '@penstock/platform';
import { isUUID } from 'class-validator';
import type { DataSource } from 'typeorm';

const USAGE = `Checks that the audit trail is what was written: follows the hash chain of every tenant from its start.

  audit-verify                 every chain
  audit-verify --tenant <id>   the chain of one tenant; zeros are the system

DATABASE_URL says where. Progress goes to stderr, a line per broken chain and a summary to stdout.
Exit 0: all are intact. 1: one is broken. 2: wrong arguments, or the database is not reachable.
`;

/** Entries between two lines of progress. */
const PROGRESS_EVERY = 50_000;

/** Where the audit trail is. */
class AuditVerifyConfig {
  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;
}

/** @returns the exit code. */
async function main(): Promise<number> {
  const tenant = readArguments();
  if (tenant === undefined) return 2;
  const config = loadConfigOrExit(AuditVerifyConfig);
  const dataSource = createDataSource({
    url: revealSecret(config.DATABASE_URL),
    applicationName: 'penstock-audit-verify',
    poolMax: 1,
    statementTimeoutMs: 0,
  });
  try {
    await dataSource.initialize();
    return await verifyAll(dataSource, tenant);
  } catch (error) {
    process.stderr.write(`audit-verify: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

async function verifyAll(dataSource: DataSource, tenant: string | null): Promise<number> {
  let [chains, entries, broken] = [0, 0, 0];
  let next = tenant ?? (await nextAuditChain(dataSource, null));
  while (next !== null) {
    const verdict = await verifyAuditChain(dataSource, next, progressFrom(entries));
    chains += 1;
    entries += verdict.entries;
    if (verdict.broken !== null) broken += 1;
    process.stdout.write(lineOf(verdict));
    next = tenant === null ? await nextAuditChain(dataSource, next) : null;
  }
  process.stdout.write(`${chains} chains, ${entries} entries: ${broken === 0 ? 'intact' : `${broken} broken`}\n`);
  return broken === 0 ? 0 : 1;
}

/** Tells on stderr each time so many more entries were looked at. */
function progressFrom(before: number): (entries: number) => void {
  let told = Math.floor(before / PROGRESS_EVERY);
  return (entries) => {
    const reached = Math.floor((before + entries) / PROGRESS_EVERY);
    if (reached > told) process.stderr.write(`audit-verify: ${before + entries} entries\n`);
    told = reached;
  };
}

/** Nothing of an intact chain: the summary counts it. */
function lineOf({ tenantId, broken }: ChainVerdict): string {
  if (broken === null) return '';
  return `broken: tenant ${tenantId}, position ${broken.position}, entry ${broken.entryId}: ${broken.fault}\n`;
}

/** The tenant that was named, null for all, undefined for arguments that cannot be. */
function readArguments(): string | null | undefined {
  try {
    const { values } = parseArgs({ options: { tenant: { type: 'string' }, help: { type: 'boolean' } } });
    if (values.help !== true && (values.tenant === undefined || isUUID(values.tenant))) return values.tenant ?? null;
    process.stderr.write(USAGE);
  } catch (error) {
    process.stderr.write(`audit-verify: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  return undefined;
}

process.exitCode = await main();
