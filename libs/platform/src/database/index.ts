export * from './attach-database.js';
