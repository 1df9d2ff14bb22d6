import { AppError } from '@penstock/domain';
import { StoreUnavailableError } from '@penstock/platform';

/** What the caller of a route reads about an error, foreseen or not. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof StoreUnavailableError) {
    return new AppError('store_unavailable', {
      detail:
        'Budgets and limits cannot be checked at the moment, so the call was not made. Nothing was charged; try again.',
      cause: error,
    });
  }
  return new AppError('internal_unexpected', { cause: error });
}
