export * from './json-body.js';
export * from './json-number.js';
export * from './request-id.js';
export { type ServerLimits } from './server-options.js';
