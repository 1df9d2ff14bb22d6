export * from './check-credits.js';
export * from './credit-holds.js';
export * from './credit-ledger.js';
export { DEFAULT_GRANT_PRIORITY, type GrantTerms, type PostingRequest } from './posting-request.js';
