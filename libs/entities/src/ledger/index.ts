export * from './limit-window.entity.js';
export * from './rejected-record.entity.js';
export * from './usage-daily.entity.js';
export * from './usage-event.entity.js';
