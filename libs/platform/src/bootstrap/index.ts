export * from './bootstrap.js';
export * from './create-app.js';
export * from './platform.module.js';
