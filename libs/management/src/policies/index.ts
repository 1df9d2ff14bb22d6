export * from './build-snapshot.js';
export * from './limit-owner.js';
export * from './limit-specs.js';
export * from './policies.repository.js';
export * from './policy-rows.js';
export * from './rate-limit-kinds.js';
export * from './tenant-loader.js';
export * from './tenant-of.js';
