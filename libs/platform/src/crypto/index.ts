export * from './encryption-keyring.js';
export * from './job-header.js';
export * from './key-hasher.js';
export * from './secret-box.js';
export * from './timing-safe-equal-text.js';
export * from './versioned-keys.js';
