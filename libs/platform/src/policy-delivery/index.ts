export * from './policy-delivery.js';
