export * from './key-hashes.js';
export * from './key-secret.js';
export * from './key-values.js';
export * from './keys.module.js';
export * from './owned-keys.js';
export * from './parse-overlap.js';
