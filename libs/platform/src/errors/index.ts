export * from './dependency-failure.js';
export * from './error-report.js';
export * from './error.filter.js';
export * from './surfaces.js';
export * from './validation-failure.js';
