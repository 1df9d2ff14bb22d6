import { Body, Controller, Delete, Get, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { PageQuery } from '../http/page.query.js';
import { RateLimitRequest } from '../limits/limit-requests.js';
import { ChangedRateLimitEnvelope, RateLimitEnvelope, RateLimitListEnvelope } from './rate-limit-envelopes.js';
import { RateLimitsService } from './rate-limits.service.js';

@ApiTags('rate limits')
@Controller('api/governance/rate-limits')
export class RateLimitsController {
  constructor(private readonly rateLimits: RateLimitsService) {}

  @Get()
  @Answers(200, RateLimitListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: PageQuery): Promise<RateLimitListEnvelope> {
    const rate_limits = await this.rateLimits.list(ctx, query);
    return { rate_limits, count: rate_limits.length };
  }

  @Get(':id')
  @Answers(200, RateLimitEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<RateLimitEnvelope> {
    return { rate_limit: await this.rateLimits.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedRateLimitEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: RateLimitRequest,
  ): Promise<Changed<ChangedRateLimitEnvelope>> {
    const changed = await this.rateLimits.update(ctx, id, request);
    return changed.map((rate_limit) => ({ message: 'Rate limit updated successfully', rate_limit }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [404])
  async delete(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<Changed<MessageResponse>> {
    const changed = await this.rateLimits.delete(ctx, id);
    return changed.map(() => ({ message: 'Rate limit deleted successfully' }));
  }
}
