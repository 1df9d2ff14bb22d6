import { governanceEntities } from './governance/index.js';
import { ledgerEntities } from './ledger/index.js';
import { saasEntities } from './saas/index.js';

/** Every table of Penstock, of all schemas. */
export const allEntities = [...governanceEntities, ...ledgerEntities, ...saasEntities];
