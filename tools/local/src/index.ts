export * from './config.js';
export * from './log-line.js';
