export * from './key-secret.js';
export * from './key-values.js';
