export * from './alerts/index.js';
export * from './changes/index.js';
export * from './credits/index.js';
export * from './keys/index.js';
export * from './logins/index.js';
export * from './models/index.js';
export * from './policies/index.js';
export * from './prices/index.js';
