export * from './events.js';
export * from './policy-change.js';
export * from './policy-snapshot.js';
export * from './queues.js';
export * from './redis-keys.js';
export * from './usage-record.js';
export * from './webhook-event.js';
