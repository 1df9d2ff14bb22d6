import { inferProvider, providerNameFrom, splitModel } from '@penstock/domain';

/** A model that a group is to have. */
export interface PlannedModel {
  readonly modelName: string;
  readonly priority: number;
  readonly isActive: boolean;
}

/** A model that a group cannot have, by its place in the list. */
export interface ModelFault {
  readonly index: number;
  /** Completes a sentence that starts with the field. */
  readonly reason: string;
}

/**
 * What is wrong with the models of a group. A name that no call could ever be sent by is a fault when it is written
 * down, not when a caller meets it: a bare name must be one that the price catalogue knows the provider of, while a name
 * with its provider is taken as it is.
 */
export function faultsOfModels(models: readonly PlannedModel[]): readonly ModelFault[] {
  const seen = new Set<string>();
  return models.flatMap(({ modelName }, index) => {
    const reason = seen.has(modelName) ? 'is in the list twice' : reasonAgainst(modelName);
    seen.add(modelName);
    return reason === undefined ? [] : [{ index, reason }];
  });
}

function reasonAgainst(modelName: string): string | undefined {
  const { provider, model } = splitModel(modelName);
  if (provider === undefined) {
    return inferProvider(modelName) === undefined
      ? 'names no provider, and no provider is known for it: write it as provider/model'
      : undefined;
  }
  const known = providerNameFrom(provider);
  if (known !== provider) {
    return known === undefined
      ? 'must have the name of a provider before its first slash: letters, digits, dots, dashes and underscores'
      : `must name its provider as '${known}'`;
  }
  return model.trim() === '' ? 'must have a model after its first slash' : undefined;
}
