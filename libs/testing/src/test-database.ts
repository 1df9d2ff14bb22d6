import { randomBytes } from 'node:crypto';

import pg from 'pg';

/** A database of one test file, cloned from the migrated template. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Removes the database, also while somebody is still connected. */
  drop(): Promise<void>;
}

/** Where Jest's global setup tells the test files which cluster to use. */
export const CLUSTER_VARIABLES = { url: 'PENSTOCK_TEST_CLUSTER_URL', template: 'PENSTOCK_TEST_TEMPLATE' } as const;

/** The same server and credentials, another database. */
export function databaseUrlFor(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.toString();
}

/** Clones the template database: a migrated database in some 50 ms. */
export async function createTestDatabase(
  cluster: { readonly url: string; readonly template: string } = clusterOfThisRun(),
): Promise<TestDatabase> {
  const name = `penstock_test_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: cluster.url });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${cluster.template} STRATEGY FILE_COPY`);
  } finally {
    await client.end();
  }
  return { name, url: databaseUrlFor(cluster.url, name), drop: () => dropDatabase(cluster.url, name) };
}

/** Drops a database, also while somebody is still connected. */
export async function dropDatabase(clusterUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } finally {
    await client.end();
  }
}

/** The cluster that Jest's global setup started, if this process is part of such a run. */
export function findClusterOfThisRun(): { readonly url: string; readonly template: string } | undefined {
  const url = process.env[CLUSTER_VARIABLES.url];
  const template = process.env[CLUSTER_VARIABLES.template];
  return url === undefined || template === undefined ? undefined : { url, template };
}

function clusterOfThisRun(): { readonly url: string; readonly template: string } {
  const cluster = findClusterOfThisRun();
  if (cluster === undefined) {
    throw new Error('no test database server: run this as an e2e test (Jest project "e2e") or pass a cluster');
  }
  return cluster;
}
