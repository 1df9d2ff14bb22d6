import { AppError } from '../errors/app-error.js';
import { inferProvider } from '../models/model-name.js';
import { allows } from '../policy/access/access.js';
import { accessRefusal } from '../policy/access/access-refusals.js';
import type { PolicyFacts } from '../policy/call-policy.js';
import type { ProviderConfig } from '../policy/access/provider-config.js';
import { catalogueEntry } from '../prices/catalogue-lookup.js';
import type { RouteTarget } from './model-routes.js';
import { isOneOf, unknownModel, resolveTarget, type Target } from './resolve-target.js';
import { teamRoute } from './team-route.js';

/** The providers that calls can be sent to from here. */
export interface ConfiguredProviders {
  has(provider: string): boolean;
  names(): readonly string[];
}

/**
 * Where a call may go, in the order in which the targets are tried; never empty.
 *
 * For a team whose models operators assign, an alias leads to its one target and a group to its models by priority; no
 * other name is allowed. Else a name with a provider leads there and nowhere else. A bare name leads, for a key without provider configs, to the
 * provider that the catalogue knows it of; for a key with some, to one of those that serve it, picked by weight, and
 * then to the others by descending weight.
 *
 * @param draw uniform in [0, 1): the same draw picks the same target.
 * @throws AppError `model_not_permitted`, `model_not_found`, `model_blocked`, `provider_blocked` or
 * `provider_not_configured`.
 */
export function routeCall(
  policy: PolicyFacts,
  requested: string,
  providers: ConfiguredProviders,
  draw: number,
): readonly Target[] {
  const { modelRoutes } = policy;
  if (modelRoutes === null) return routeModel(policy, requested, providers, draw);
  return targetsOf(policy, teamRoute(policy, modelRoutes, requested), providers, draw);
}

/** Every target once; bare names that lead nowhere are left out unless all do. */
function targetsOf(
  policy: PolicyFacts,
  route: readonly RouteTarget[],
  providers: ConfiguredProviders,
  draw: number,
): readonly Target[] {
  const targets: Target[] = [];
  let refusal: unknown;
  for (const { provider, model } of route) {
    try {
      const found = provider === null ? routeModel(policy, model, providers, draw) : [{ provider, model }];
      for (const target of found) if (!isOneOf(targets, target)) targets.push(target);
    } catch (error) {
      refusal ??= error;
    }
  }
  if (targets.length === 0) throw refusal;
  return targets;
}

/** Where the name of a model leads. */
function routeModel(
  policy: PolicyFacts,
  requested: string,
  providers: ConfiguredProviders,
  draw: number,
): readonly Target[] {
  const { providerConfigs } = policy;
  if (providerConfigs.length === 0 || requested.includes('/')) return [resolveTarget(requested)];
  const serving = providerConfigs.filter((config) => serves(policy, config, requested));
  const candidates = serving.filter(({ provider }) => providers.has(provider));
  if (candidates.length === 0) throw noCandidate(policy, requested, serving, providers);
  return inOrder(candidates, draw).map(({ provider }) => ({ provider, model: requested }));
}

/** The refusal of a provider that this gateway has no address and credential for. */
export function providerNotConfigured(provider: string, providers: ConfiguredProviders): AppError {
  return new AppError('provider_not_configured', {
    detail: `The provider '${provider}' is not configured on this gateway. Configured: ${providers.names().join(', ') || 'none'}.`,
    fields: [{ path: 'model', reason: 'its provider is not configured' }],
  });
}

/** Whether a config serves a bare model name, and the key's own lists do not forbid it. */
function serves(policy: PolicyFacts, { provider, allowedModels }: ProviderConfig, model: string): boolean {
  if (!allows(policy.allowedModels, model) || !allows(policy.allowedProviders, provider)) return false;
  return allowedModels !== null && allowedModels.length > 0
    ? allowedModels.includes(model)
    : isKnown(policy, provider, model);
}

/** By the catalogue, or because an operator has priced the model by name. */
function isKnown({ priceOverrides }: PolicyFacts, provider: string, model: string): boolean {
  return (
    catalogueEntry(provider, model) !== undefined ||
    priceOverrides.some((override) => override.provider === provider && override.model === model)
  );
}

/** The one that the draw falls on, then the others by descending weight. */
function inOrder(candidates: readonly ProviderConfig[], draw: number): readonly ProviderConfig[] {
  if (candidates.length === 1) return candidates;
  const byWeight = candidates.toSorted((one, other) => other.weight - one.weight);
  const picked = byWeight[pick(byWeight, draw)] as ProviderConfig;
  return [picked, ...byWeight.filter((one) => one !== picked)];
}

/** Weight 0 is picked only when nothing has any. */
function pick(byWeight: readonly ProviderConfig[], draw: number): number {
  let rest = draw * byWeight.reduce((sum, { weight }) => sum + weight, 0);
  const last = byWeight.findLastIndex(({ weight }) => weight > 0);
  for (let index = 0; index < last; index += 1) {
    rest -= (byWeight[index] as ProviderConfig).weight;
    if (rest < 0) return index;
  }
  return Math.max(0, last);
}

function noCandidate(
  policy: PolicyFacts,
  model: string,
  serving: readonly ProviderConfig[],
  providers: ConfiguredProviders,
): AppError {
  const [first] = serving;
  if (first !== undefined) return providerNotConfigured(first.provider, providers);
  const { allowedModels, allowedProviders, providerConfigs } = policy;
  const maker = providerConfigs.find(({ provider }) => isKnown(policy, provider, model))?.provider;
  if (!allows(allowedModels, model)) {
    return accessRefusal(policy, { provider: maker ?? '', model }, 'model_blocked', 'allowed_models');
  }
  if (maker !== undefined) {
    return allows(allowedProviders, maker)
      ? accessRefusal(policy, { provider: maker, model }, 'model_blocked', 'provider_configs')
      : accessRefusal(policy, { provider: maker, model }, 'provider_blocked', 'allowed_providers');
  }
  const inferred = inferProvider(model);
  if (inferred === undefined) return unknownModel(model);
  return accessRefusal(policy, { provider: inferred, model }, 'provider_blocked', 'provider_configs');
}
