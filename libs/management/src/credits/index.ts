export * from './check-credits.js';
export * from './credit-holds.js';
export { raiseCreditAlerts, standingOf } from './credit-alerts.js';
export * from './credit-ledger.js';
export * from './credit-withdrawals.js';
export { DEFAULT_GRANT_PRIORITY, type GrantTerms, type PostingRequest } from './posting-request.js';
export * from './taken-credits.js';
