import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';

import { OwnTeamInterceptor } from './own-team.interceptor.js';
import { TEAM_ACCESS, type TeamAccess } from './route-access.js';

/** Where else than in `team_id` a route names the team that it is about. */
export interface TeamRouteOptions {
  /** Name of the path parameter that holds the team's id. Default `team_id`. */
  teamParam?: string;
}

/**
 * A route (or every route of a controller) for teams, which show `Authorization: Bearer <virtual key>`. Operators are
 * refused with 401, whatever they show.
 *
 * ```ts
 * @TeamOnly()
 * @Post('create')
 * create(@Ctx() ctx: RequestContext, @Body() request: CreateJobRequest): Promise<JobResponse> {
 *   return this.jobs.create(ctx, request); // in the service: const { teamId, organizationId } = teamOf(ctx);
 * }
 * ```
 *
 * A `team_id` in path, query or body that is not the key's is refused with 403 `team_mismatch` before the handler
 * runs. An id that is learned later, such as the team of a job, goes through `refuseOtherTeam(ctx, teamId)`.
 */
export const TeamOnly = (options: TeamRouteOptions = {}): ClassDecorator & MethodDecorator =>
  teamRoute({ operators: false, ...options });

/**
 * A route for the team that it is about and for every operator whose role permits it (role `user` too, where it reads
 * or is marked `@ReadsOnly()`). `refuseOtherTeam(ctx, teamId)` lets operators pass, whatever the team.
 *
 * ```ts
 * @TeamOrOperator()
 * @Get('teams/:team_id/balance')
 * ```
 */
export const TeamOrOperator = (options: TeamRouteOptions = {}): ClassDecorator & MethodDecorator =>
  teamRoute({ operators: true, ...options });

function teamRoute({ operators, teamParam = 'team_id' }: TeamRouteOptions & { operators: boolean }) {
  return applyDecorators(
    SetMetadata(TEAM_ACCESS, { operators, teamParam } satisfies TeamAccess),
    UseInterceptors(OwnTeamInterceptor),
  );
}
