import { AppError } from '../errors/app-error.js';
import { inferProvider, splitModel } from '../models/model-name.js';
import { listedNames } from '../policy/access/listed-names.js';
import type { PolicyFacts } from '../policy/call-policy.js';
import type { ModelRoute, RouteTarget } from './model-routes.js';

/**
 * Where a name leads for callers of a team whose models operators assign. Besides the names of the list, the provider's
 * own name of a model that one of them leads to is understood: it is what `x-penstock-model` tells.
 *
 * @throws AppError `model_not_permitted` for every other name.
 */
export function teamRoute(
  policy: PolicyFacts,
  routes: readonly ModelRoute[],
  requested: string,
): readonly RouteTarget[] {
  const named = routes.find(({ name }) => name === requested);
  if (named !== undefined) return named.targets;
  const { provider = inferProvider(requested), model } = splitModel(requested);
  if (provider !== undefined) {
    const target = { provider, model };
    if (routes.some(({ targets }) => targets.some((one) => leadsTo(policy, one, target)))) return [target];
  }
  throw notPermitted(policy, routes, requested);
}

/** A bare name may lead to any provider for a key with provider configs: they decide which. */
function leadsTo({ providerConfigs }: PolicyFacts, target: RouteTarget, asked: { provider: string; model: string }) {
  if (target.model !== asked.model) return false;
  if (target.provider !== null) return target.provider === asked.provider;
  return providerConfigs.length > 0 || inferProvider(target.model) === asked.provider;
}

function notPermitted(policy: PolicyFacts, routes: readonly ModelRoute[], requested: string): AppError {
  const isNothingAssigned = routes.length === 0;
  return new AppError('model_not_permitted', {
    detail: isNothingAssigned
      ? `No model group or access group with a model in it is assigned to the team of the virtual key '${policy.keyName}', so it may not use '${requested.slice(0, 100)}' or any other model.`
      : `The team of the virtual key '${policy.keyName}' may not use the model '${requested.slice(0, 100)}'.`,
    fields: [{ path: 'model', reason: 'is not assigned to the team' }],
    data: {
      denied_by: { entity: 'team', entity_id: policy.teamId, rule: 'model_groups' },
      ...listedNames(routes.map(({ name }) => name)),
    },
  });
}
