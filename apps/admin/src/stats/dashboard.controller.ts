import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { DashboardResponse } from './dashboard.response.js';
import { DashboardService } from './dashboard.service.js';

@ApiTags('stats')
@Controller('api/stats')
export class DashboardController {
  constructor(private readonly dashboard: DashboardService) {}

  @Get('dashboard')
  @Answers(DashboardResponse)
  read(@Ctx() ctx: RequestContext): Promise<DashboardResponse> {
    return this.dashboard.read(ctx);
  }
}
