export * from './policy/access.js';
export * from './policy/budget-alerts.js';
export * from './estimate/call-shape.js';
export * from './time/civil-time.js';
export * from './time/clock.js';
export {
  type CompiledPrice,
  compilePrice,
  costOf,
  type DearestKinds,
  type PriceDefinition,
  type PriceTier,
  type TokenField,
  type TokenPrices,
} from './prices/compiled-price.js';
export * from './time/duration.js';
export * from './errors/app-error.js';
export * from './errors/catalogue.js';
export { type CatalogueEntry, type LogLevel, type OpenAiErrorType } from './errors/catalogue-entry.js';
export * from './estimate/estimate.js';
export * from './policy/explain-refusal.js';
export * from './ids.js';
export * from './policy/ip-ranges.js';
export * from './policy/judge-limits.js';
export * from './policy/limit-plan.js';
export * from './policy/limits.js';
export * from './models/model-info.js';
export * from './models/model-name.js';
export * from './money/money.js';
export * from './prices/price-override.js';
export * from './prices/resolve-price.js';
export * from './usage/usage-vector.js';
export * from './time/window-terms.js';
export * from './time/window.js';
