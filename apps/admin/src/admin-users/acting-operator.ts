import { AppError } from '@penstock/domain';
import type { RequestContext } from '@penstock/platform';

import type { ActingOperator } from './plan-user-change.js';

/** The operator behind a request that has passed the guards. */
export function actingOperatorOf({ actor }: RequestContext): ActingOperator & { sessionId: string | null } {
  if (actor.kind !== 'operator') throw new AppError('authentication_required');
  return { id: actor.id, role: actor.role, sessionId: actor.sessionId };
}

/** The login behind a request to a route that requires one. */
export function loginOf(ctx: RequestContext): { userId: string; sessionId: string } {
  const { id, sessionId } = actingOperatorOf(ctx);
  if (sessionId === null) throw new AppError('authentication_required');
  return { userId: id, sessionId };
}
