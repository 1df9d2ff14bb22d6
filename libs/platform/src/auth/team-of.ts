import { AppError } from '@penstock/domain';

import type { RequestContext } from '../context/request-context.js';
import type { TeamPrincipal } from './principal.js';

/** The team behind a request to a `@TeamOnly()` route. */
export function teamOf({ actor }: Pick<RequestContext, 'actor'>): TeamPrincipal {
  if (actor.kind !== 'team') throw new AppError('authentication_required');
  return actor;
}

/** Refuses a team that asks about another team. Who is no team passes. @throws AppError `team_mismatch` */
export function refuseOtherTeam({ actor }: Pick<RequestContext, 'actor'>, teamId: string): void {
  if (actor.kind !== 'team' || actor.teamId === teamId) return;
  throw new AppError('team_mismatch', { detail: 'The virtual key belongs to another team.' });
}
