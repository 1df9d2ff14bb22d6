import { AppError } from '@penstock/domain';

/** 404 for something that was asked for by id. `what` is capitalised: "Virtual key". */
export function notFound(what: string): AppError {
  return new AppError('not_found', { detail: `${what} was not found.` });
}
