import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, operatorRoles, type RequestContext, RequireLogin, RequireRole, UuidPipe } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { MessageResponse } from '../admin-user.response.js';
import { AdminSessionResponse, SessionsRevokedResponse } from './admin-session.response.js';
import { SessionsService } from './sessions.service.js';

/** Logins that are good now: who holds them, and their end. */
@ApiTags('admin users')
@RequireLogin()
@Controller('api/admin-users')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  @Get('me/sessions')
  @Answers([AdminSessionResponse], [], 'logged in')
  listOwn(@Ctx() ctx: RequestContext): Promise<AdminSessionResponse[]> {
    return this.sessions.listOwn(ctx);
  }

  @RequireRole(...operatorRoles)
  @Delete('me/sessions')
  @Answers(SessionsRevokedResponse, [422], 'logged in')
  async revokeAllOwn(@Ctx() ctx: RequestContext): Promise<SessionsRevokedResponse> {
    return ended(await this.sessions.revokeAllOwn(ctx));
  }

  @RequireRole(...operatorRoles)
  @Delete('me/sessions/:session_id')
  @Answers(MessageResponse, [404, 422], 'logged in')
  async revokeOwn(
    @Ctx() ctx: RequestContext,
    @Param('session_id', UuidPipe) sessionId: string,
  ): Promise<MessageResponse> {
    await this.sessions.revokeOwn(ctx, sessionId);
    return { message: 'The login has ended.' };
  }

  @RequireRole('owner', 'admin')
  @Get(':id/sessions')
  @Answers([AdminSessionResponse], [403, 404, 422], 'logged in')
  listOf(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string): Promise<AdminSessionResponse[]> {
    return this.sessions.listOf(ctx, id);
  }

  @RequireRole('owner', 'admin')
  @Delete(':id/sessions')
  @Answers(SessionsRevokedResponse, [403, 404, 422], 'logged in')
  async revokeAllOf(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string): Promise<SessionsRevokedResponse> {
    return ended(await this.sessions.revokeAllOf(ctx, id));
  }

  @RequireRole('owner', 'admin')
  @Delete(':id/sessions/:session_id')
  @Answers(MessageResponse, [403, 404, 422], 'logged in')
  async revokeOf(
    @Ctx() ctx: RequestContext,
    @Param('id', UuidPipe) id: string,
    @Param('session_id', UuidPipe) sessionId: string,
  ): Promise<MessageResponse> {
    await this.sessions.revokeOf(ctx, id, sessionId);
    return { message: 'The login has ended.' };
  }
}

function ended(count: number): SessionsRevokedResponse {
  return { message: 'Every login of the account has ended.', sessions_revoked: count };
}
