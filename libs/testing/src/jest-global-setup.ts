import { startTestCluster, type TestCluster } from './test-cluster.js';
import { CLUSTER_VARIABLES } from './test-database.js';

/** The global teardown of the same process finds the cluster here. */
export interface TestRun {
  penstockTestCluster?: TestCluster;
}

/** One PostgreSQL per Jest run; test files clone its migrated template. */
export default async function setUp(): Promise<void> {
  const cluster = await startTestCluster();
  (globalThis as TestRun).penstockTestCluster = cluster;
  process.env[CLUSTER_VARIABLES.url] = cluster.url;
  process.env[CLUSTER_VARIABLES.template] = cluster.template;
}
