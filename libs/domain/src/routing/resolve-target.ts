import { AppError } from '../errors/app-error.js';
import { inferProvider, splitModel } from '../models/model-name.js';

/** Where a model name leads. */
export interface Target {
  readonly provider: string;
  readonly model: string;
}

/**
 * Reads a model name: `openai/gpt-4o` names its provider before the first slash, `gpt-4o` leaves it to the catalogue.
 *
 * @throws AppError `model_not_found` for a bare name that no catalogue knows, and for a name with an empty part.
 */
export function resolveTarget(requested: string): Target {
  const { provider, model } = splitModel(requested);
  if (provider !== undefined && provider !== '' && model !== '') return { provider, model };
  const inferred = inferProvider(requested);
  if (inferred === undefined) throw unknownModel(requested);
  return { provider: inferred, model: requested };
}

/** Whether a target is in a list. */
export function isOneOf(targets: readonly Target[], { provider, model }: Target): boolean {
  return targets.some((one) => one.provider === provider && one.model === model);
}

/** The refusal of a name that leads nowhere. */
export function unknownModel(requested: string): AppError {
  return new AppError('model_not_found', {
    detail: `No provider is known for the model '${requested.slice(0, 100)}'. Name it as provider/model, for example openai/${requested.slice(0, 60)}.`,
    fields: [{ path: 'model', reason: 'unknown model' }],
  });
}
