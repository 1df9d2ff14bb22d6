export * from './admission-outcome.js';
export * from './admission-store.js';
