export * from './changes/index.js';
export * from './keys/index.js';
