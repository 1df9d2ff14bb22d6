import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { IncomingHttpHeaders } from 'node:http';

import type { StrategyName } from './authentication-strategy.js';
import { bearerOf, isVirtualKey } from './bearer.js';
import { PUBLIC_ROUTE } from './public.decorator.js';

export const TEAM_ACCESS = 'penstock:team-access';

/** A route that teams may call. */
export interface TeamAccess {
  /** Whether operators may as well. */
  readonly operators: boolean;
  /** The path parameter that names the team, where there is one. */
  readonly teamParam: string;
}

/** Whose credentials a route takes. */
export type RouteAccess = 'anybody' | 'operator' | 'team' | 'team or operator';

/** Those that ask for a credential. */
export type ClosedAccess = Exclude<RouteAccess, 'anybody'>;

/** The access of a route, as its decorators have it; without any it is for operators. */
export function routeAccessOf(reflector: Reflector, context: ExecutionContext): RouteAccess {
  const targets = [context.getHandler(), context.getClass()];
  if (reflector.getAllAndOverride<boolean | undefined>(PUBLIC_ROUTE, targets) === true) return 'anybody';
  const team = reflector.getAllAndOverride<TeamAccess | undefined>(TEAM_ACCESS, targets);
  if (team === undefined) return 'operator';
  return team.operators ? 'team or operator' : 'team';
}

/**
 * Which strategies must all find their credential good, in this order; the last of them names the caller. None: there
 * is nothing to check, because the credential that the route is about was not shown.
 *
 * Whatever is shown must be good: a wrong credential is never made up for by another. The master key comes first: it
 * costs nothing, and a wrong one spares the look-up of the other.
 */
export function strategiesFor(access: ClosedAccess, headers: IncomingHttpHeaders): StrategyName[] {
  const hasKey = headers['x-admin-key'] !== undefined;
  const hasBearer = headers.authorization !== undefined;
  if (access === 'team' && !hasBearer) return [];
  const isTeams = access === 'team' || (access === 'team or operator' && isVirtualKey(bearerOf(headers)));
  return [
    ...(hasKey ? (['admin-key'] as const) : []),
    ...(hasBearer ? ([isTeams ? 'team-key' : 'operator-token'] as const) : []),
  ];
}
