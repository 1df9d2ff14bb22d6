export * from './strict-validation.pipe.js';
export * from './uuid.pipe.js';
