export * from './model-alias.entity.js';
export * from './model-group.entity.js';
