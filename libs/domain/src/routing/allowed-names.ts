import type { ModelGrants } from './model-routes.js';

/** What a team may call, sorted, each name once. */
export interface AllowedNames {
  /** The real names: models of groups as operators named them, and `provider/model` where an alias leads there. */
  readonly models: readonly string[];
  readonly aliases: readonly string[];
}

/** The names of what is assigned to a team, told apart by what they are. */
export function allowedNames({ aliases, groups }: ModelGrants): AllowedNames {
  const models = [
    ...groups.flatMap((group) => group.models),
    ...aliases.map(({ provider, model }) => `${provider}/${model}`),
  ];
  return { models: sortedOnce(models), aliases: sortedOnce(aliases.map(({ name }) => name)) };
}

function sortedOnce(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted();
}
