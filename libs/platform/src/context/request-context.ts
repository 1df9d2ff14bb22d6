import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import type { Principal } from '../auth/principal.js';

/** Who acts: for audit entries, and for decisions that depend on the role. */
export type Actor = Principal | { kind: 'anonymous' | 'system'; id: string };

/** What a use case may know of the request that asked for it; the first argument of every service method. */
export interface RequestContext {
  requestId: string;
  actor: Actor;
  ip: string;
  userAgent: string;
  nowMs: number;
}

const userAgentLengthMax = 256;

/** Reads the context off a request that has passed the guards. */
export function requestContextOf(request: FastifyRequest): RequestContext {
  const { principal } = request;
  return {
    requestId: request.id,
    actor: principal ?? { kind: 'anonymous', id: 'anonymous' },
    ip: request.ip,
    userAgent: (request.headers['user-agent'] ?? '').slice(0, userAgentLengthMax),
    nowMs: request.receivedAtMs,
  };
}

/** Parameter decorator: `create(@Ctx() ctx: RequestContext, @Body() body: CreateTeamRequest)`. */
export const Ctx = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  requestContextOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
