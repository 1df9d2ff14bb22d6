import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { MessageResponse } from '../http/message.response.js';
import { UsageResetService } from './usage-reset.service.js';
import { UsageResetRequest, UsageStatsQuery } from './usage.requests.js';
import { UsageStatsListEnvelope, UsageStatsEnvelope } from './usage.responses.js';
import { UsageService } from './usage.service.js';

@ApiTags('usage')
@Controller('api/governance')
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly resets: UsageResetService,
  ) {}

  @Get('usage-stats')
  @Answers(200, [UsageStatsListEnvelope, UsageStatsEnvelope], [400, 404])
  async stats(
    @Ctx() ctx: RequestContext,
    @Query() { virtual_key_id }: UsageStatsQuery,
  ): Promise<UsageStatsListEnvelope | UsageStatsEnvelope> {
    if (virtual_key_id !== undefined && virtual_key_id !== '') {
      return { virtual_key_id, usage_stats: await this.usage.ofKey(ctx, virtual_key_id) };
    }
    const usage_stats = await this.usage.ofAllKeys(ctx);
    return { usage_stats, count: usage_stats.length };
  }

  @Post('usage-reset')
  @Answers(200, MessageResponse, [400, 404])
  async reset(@Ctx() ctx: RequestContext, @Body() request: UsageResetRequest): Promise<Changed<MessageResponse>> {
    const changed = await this.resets.reset(ctx, request);
    return changed.map(() => ({ message: 'Usage was reset successfully' }));
  }
}
