export * from './free-port.js';
export * from './log-buffer.js';
export * from './postgres-server.js';
export * from './reaper.js';
export * from './redis-server.js';
export * from './server-process.js';
export * from './server-start-error.js';
export { findProgram } from './service-account.js';
export * from './wait-until.js';
