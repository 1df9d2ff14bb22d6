export * from './admin-key.strategy.js';
export * from './operator-auth-options.js';
export * from './operator-auth.module.js';
export * from './operator.guard.js';
export * from './principal.js';
export * from './public.decorator.js';
export * from './service-token.guard.js';
