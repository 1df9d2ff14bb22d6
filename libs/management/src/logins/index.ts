export * from './logins.module.js';
export * from './session-cache.js';
