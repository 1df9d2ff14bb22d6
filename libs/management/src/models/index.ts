export * from './model-grants.js';
