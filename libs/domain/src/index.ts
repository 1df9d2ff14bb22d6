export * from './policy/access/access.js';
export * from './policy/access/access-refusals.js';
export * from './admission/admit-call.js';
export * from './admission/decide-call.js';
export * from './admission/explain-call.js';
export * from './admission/limit-refused-error.js';
export * from './policy/call-policy.js';
export * from './credits/billing.js';
export * from './credits/credit-charge.js';
export * from './credits/credit-counters.js';
export * from './credits/credit-notices.js';
export * from './credits/plan-posting.js';
export * from './credits/refill-schedule.js';
export * from './estimate/chat-body.js';
export * from './limits/budget-alerts.js';
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
export * from './time/parse-instant.js';
export * from './errors/app-error.js';
export * from './errors/catalogue.js';
export { type CatalogueEntry, type LogLevel, type OpenAiErrorType } from './errors/catalogue-entry.js';
export * from './estimate/estimate.js';
export * from './limits/exceeded-shadows.js';
export * from './limits/explain-refusal.js';
export * from './limits/held-of-limits.js';
export * from './ids.js';
export * from './jobs/job-metadata.js';
export * from './jobs/job-state.js';
export * from './policy/access/ip-ranges.js';
export * from './limits/judge-limits.js';
export * from './limits/limit-plan.js';
export * from './limits/limits.js';
export * from './models/model-info.js';
export * from './models/model-name.js';
export * from './money/money.js';
export { CATALOGUE_VERSION } from './prices/catalogue-price.js';
export * from './prices/client-pricing.js';
export * from './prices/client-prices.js';
export * from './prices/price-book.js';
export * from './prices/price-override.js';
export * from './prices/resolve-client-pricing.js';
export * from './policy/access/provider-config.js';
export * from './policy/access/suspension.js';
export * from './routing/allowed-names.js';
export * from './routing/model-routes.js';
export * from './routing/credential-providers.js';
export * from './routing/known-providers.js';
export * from './routing/resolve-target.js';
export * from './routing/route-call.js';
export * from './estimate/token-count.js';
export * from './prices/resolve-price.js';
export * from './usage/usage-vector.js';
export * from './time/window-terms.js';
export * from './time/window.js';
