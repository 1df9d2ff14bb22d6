export * from './access.js';
export * from './call-shape.js';
export * from './civil-time.js';
export * from './clock.js';
export {
  type CompiledPrice,
  compilePrice,
  costOf,
  type DearestKinds,
  type PriceDefinition,
  type PriceTier,
  type TokenField,
  type TokenPrices,
} from './compiled-price.js';
export * from './duration.js';
export * from './errors/app-error.js';
export * from './errors/catalogue.js';
export { type CatalogueEntry, type LogLevel, type OpenAiErrorType } from './errors/catalogue-entry.js';
export * from './estimate.js';
export * from './explain-refusal.js';
export * from './ids.js';
export * from './limits.js';
export * from './model-info.js';
export * from './model-name.js';
export * from './money.js';
export * from './price-override.js';
export * from './prices.js';
export * from './usage-vector.js';
export * from './window.js';
