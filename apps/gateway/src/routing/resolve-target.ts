import { AppError, inferProvider, splitModel } from '@penstock/domain';

/** Where a model name leads. */
export interface Target {
  readonly provider: string;
  readonly model: string;
}

/**
 * Reads a model name: `openai/gpt-4o` names its provider, `gpt-4o` leaves it to the catalogue. A prefix that is no
 * provider known here is part of the model's own name (`meta-llama/Llama-3`) only when the catalogue says so.
 *
 * @throws AppError `model_not_found` for a bare name that no catalogue knows.
 */
export function resolveTarget(requested: string): Target {
  const { provider, model } = splitModel(requested);
  if (provider !== undefined && model !== '') return { provider, model };
  const inferred = inferProvider(requested);
  if (inferred === undefined) {
    throw new AppError('model_not_found', {
      detail: `No provider is known for the model '${requested.slice(0, 100)}'. Name it as provider/model, for example openai/${requested.slice(0, 60)}.`,
      fields: [{ path: 'model', reason: 'unknown model' }],
    });
  }
  return { provider: inferred, model: requested };
}
