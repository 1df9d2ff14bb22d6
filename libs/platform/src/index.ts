export {};
export * from './admission/index.js';
