export * from './admission-outcome.js';
export * from './admission-store.js';
export * from './store-unavailable.error.js';
