export * from './alert-recorder.js';
