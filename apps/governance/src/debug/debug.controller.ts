import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '@penstock/platform';
import type { FastifyReply } from 'fastify';

import { answer, Answers, ErrorResponse } from '../http/answers.decorator.js';
import { DebugCountersResponse, DebugHealthResponse, DebugStatsResponse } from './debug.responses.js';
import { DebugService } from './debug.service.js';

@ApiTags('debug')
@Controller('api/governance/debug')
export class DebugController {
  constructor(private readonly debug: DebugService) {}

  @Get('stats')
  @Answers(200, DebugStatsResponse)
  async stats(@Ctx() ctx: RequestContext): Promise<DebugStatsResponse> {
    const [plugin_stats, database_stats] = await Promise.all([this.debug.pluginStats(), this.debug.databaseStats()]);
    return { plugin_stats, database_stats, timestamp: new Date(ctx.nowMs).toISOString() };
  }

  @Get('counters')
  @Answers(200, DebugCountersResponse)
  async counters(@Ctx() ctx: RequestContext): Promise<DebugCountersResponse> {
    const counters = await this.debug.counters(ctx);
    return { counters, count: counters.length, timestamp: new Date(ctx.nowMs).toISOString() };
  }

  @Get('health')
  @answer(503, [DebugHealthResponse, ErrorResponse], 'A dependency does not work, and its check says why.')
  @Answers(200, DebugHealthResponse)
  async health(
    @Ctx() ctx: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DebugHealthResponse> {
    const health = await this.debug.health(ctx);
    reply.code(health.status === 'healthy' ? 200 : 503);
    return health;
  }
}
