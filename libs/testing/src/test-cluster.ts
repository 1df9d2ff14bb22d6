import { mkdtempSync, chmodSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { PostgresServer, Reaper } from '@penstock/servers';
import pg from 'pg';

import { databaseUrlFor, dropDatabase } from './test-database.js';

/** A PostgreSQL server with a migrated template database to clone. */
export interface TestCluster {
  /** URL of the maintenance database; databases are created and dropped through it. */
  readonly url: string;
  /** Name of the migrated template. */
  readonly template: string;
  stop(): Promise<void>;
}

/** Options of {@link startTestCluster}. */
export interface TestClusterOptions {
  /** `full` writes durably, as a benchmark needs it; tests do without. */
  readonly durability?: 'full' | 'throwaway';
  /** Libraries of PostgreSQL to load at its start; a given server has those that it has. */
  readonly preloadLibraries?: readonly string[];
}

/**
 * Starts a server of its own in a temporary folder, or uses the one of PENSTOCK_TEST_DATABASE_URL, and
 * migrates a template database on it.
 */
export async function startTestCluster({
  durability = 'throwaway',
  preloadLibraries = [],
}: TestClusterOptions = {}): Promise<TestCluster> {
  const given = process.env['PENSTOCK_TEST_DATABASE_URL'];
  const template = `penstock_template_${process.pid}`;
  if (given !== undefined && given !== '') {
    await createTemplate(given, template);
    return { url: given, template, stop: () => dropDatabase(given, template) };
  }
  const reaper = new Reaper();
  const folder = mkdtempSync(path.join(tmpdir(), 'penstock-postgres-'));
  // The server runs as another user when we are root.
  chmodSync(folder, 0o755);
  reaper.removeAfterwards(folder);
  const server = await PostgresServer.start({
    dataDir: path.join(folder, 'data'),
    durability,
    preloadLibraries,
    reaper,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
    await reaper.close();
  };
  try {
    await createTemplate(server.url(), template);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: server.url(), template, stop };
}

async function createTemplate(url: string, template: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${template}`);
    // Loaded here only: a test that merely clones the template must not pay for the ORM.
    const { runMigrations } = await import('@penstock/entities');
    await runMigrations(databaseUrlFor(url, template));
    await client.query(`ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false`);
  } finally {
    await client.end();
  }
}
