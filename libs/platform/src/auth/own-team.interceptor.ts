import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AppError } from '@penstock/domain';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';

import { requestContextOf } from '../context/request-context.js';
import { RefusalAudit, refusedCredential } from './refusal-audit.js';
import { TEAM_ACCESS, type TeamAccess } from './route-access.js';
import { refuseOtherTeam } from './team-of.js';

/** Refuses a team whose request names another team. No guard: the body is read after the guards, before this. */
@Injectable()
export class OwnTeamInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly refusals: RefusalAudit,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const ctx = requestContextOf(request);
    const access = this.reflector.getAllAndOverride<TeamAccess>(TEAM_ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    try {
      for (const teamId of namedTeams(request, access.teamParam)) refuseOtherTeam(ctx, teamId);
    } catch (error) {
      if (error instanceof AppError) {
        void this.refusals.note(ctx, refusedCredential(error.code, request, 'team.refused'));
      }
      throw error;
    }
    return next.handle();
  }
}

/** Every team that a request names. What is no text names none: the validation of the route refuses it. */
export function namedTeams(
  { params, query, body }: Pick<FastifyRequest, 'params' | 'query' | 'body'>,
  teamParam: string,
): string[] {
  return [fieldOf(params, teamParam), fieldOf(query, 'team_id'), fieldOf(body, 'team_id')]
    .flat()
    .filter((value) => typeof value === 'string');
}

function fieldOf(source: unknown, name: string): unknown {
  return typeof source === 'object' && source !== null ? (source as Record<string, unknown>)[name] : undefined;
}
