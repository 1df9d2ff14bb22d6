import { splitModel } from '../models/model-name.js';

/** What clients pay for a model when it is called by a certain name. Decimal texts, US dollars per million tokens. */
export interface NamePrice {
  readonly inputUsdPerMtok: string;
  readonly outputUsdPerMtok: string;
}

/** A provider's model that a name leads to. Provider null: the name is bare, and is routed as callers' bare names are. */
export interface RouteTarget {
  readonly provider: string | null;
  readonly model: string;
  /** Of an alias with a price of its own. */
  readonly clientPrice?: NamePrice;
}

/**
 * A model name that callers of a team may use, and where it leads.
 *
 * `alias`: one target. `group`: the models of the group in the order in which they are tried. `model`: the name of a
 * model itself, allowed because an alias or group of the team leads there.
 */
export interface ModelRoute {
  readonly name: string;
  readonly kind: 'alias' | 'group' | 'model';
  readonly targets: readonly RouteTarget[];
}

/** An alias that a team may use. */
export interface AliasGrant {
  readonly name: string;
  readonly provider: string;
  readonly model: string;
  /** Null or absent: its calls are priced like all calls of the model. */
  readonly clientPrice?: NamePrice | null;
}

/** A model group that a team may use. */
export interface GroupGrant {
  readonly name: string;
  /** Names of those that are active, with their providers or without, by ascending priority. */
  readonly models: readonly string[];
}

/** What operators have assigned to a team. */
export interface ModelGrants {
  readonly aliases: readonly AliasGrant[];
  readonly groups: readonly GroupGrant[];
}

/**
 * The names that callers of a team may use, each once. Where a name could mean several things, an alias comes before a
 * group and a group before a model. A group without models leads nowhere and is left out.
 */
export function planModelRoutes({ aliases, groups }: ModelGrants): readonly ModelRoute[] {
  const routes = new Map<string, ModelRoute>();
  const add = (name: string, kind: ModelRoute['kind'], targets: readonly RouteTarget[]): void => {
    if (targets.length > 0 && !routes.has(name)) routes.set(name, { name, kind, targets });
  };
  for (const { name, provider, model, clientPrice } of aliases) {
    add(name, 'alias', [
      { provider, model, ...(clientPrice === null || clientPrice === undefined ? {} : { clientPrice }) },
    ]);
  }
  for (const { name, models } of groups) add(name, 'group', models.map(targetOf));
  for (const { provider, model } of aliases) add(`${provider}/${model}`, 'model', [{ provider, model }]);
  for (const { models } of groups) for (const model of models) add(model, 'model', [targetOf(model)]);
  return [...routes.values()];
}

function targetOf(name: string): RouteTarget {
  const { provider, model } = splitModel(name);
  return { provider: provider ?? null, model };
}
