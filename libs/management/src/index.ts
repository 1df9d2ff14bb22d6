export * from './changes/index.js';
export * from './keys/index.js';
export * from './logins/index.js';
export * from './policies/index.js';
