export * from './connect-patiently.js';
export * from './data-source.js';
export * from './entities.js';
export * from './governance/index.js';
export * from './ledger/index.js';
export * from './migrate.js';
export { migrations } from './migrations/index.js';
export * from './saas/index.js';
