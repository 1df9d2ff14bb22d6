export * from './limit-report.schema.js';
export * from './openapi.js';
