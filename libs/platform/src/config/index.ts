export * from './base-config.js';
export * from './config-error.js';
export * from './env-decorators.js';
export * from './load-config.js';
export * from './secret.js';
