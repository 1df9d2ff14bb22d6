export * from './address-policy.js';
export * from './guarded-lookup.js';
export * from './outbound-sender.js';
export * from './outbound-url.js';
export * from './provider-base-url.js';
export * from './webhook-sender.js';
export { mintWebhookSecret } from './webhook-signature.js';
