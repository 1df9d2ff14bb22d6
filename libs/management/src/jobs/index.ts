export * from './job-books.js';
export * from './job-call-accounts.js';
export * from './job-ends.js';
export * from './job-rows.js';
