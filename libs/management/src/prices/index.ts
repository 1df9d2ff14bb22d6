export * from './price-book-rows.js';
