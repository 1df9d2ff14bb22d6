export * from './default-markups.js';
export * from './price-book-rows.js';
