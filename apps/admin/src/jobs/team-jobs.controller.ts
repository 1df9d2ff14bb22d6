import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext, TeamOnly } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { TeamJobsQuery, TeamUsageQuery } from './jobs.requests.js';
import { TeamJobsResponse, TeamUsageResponse } from './jobs.responses.js';
import { JobsService } from './jobs.service.js';

/** A team's own jobs, and what they used. */
@ApiTags('jobs')
@TeamOnly({ teamParam: 'id' })
@Controller('api/teams')
export class TeamJobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get(':id/jobs')
  @Answers(TeamJobsResponse, [404, 422], 'team')
  list(@Ctx() ctx: RequestContext, @Param('id') id: string, @Query() query: TeamJobsQuery): Promise<TeamJobsResponse> {
    return this.jobs.listOfTeam(ctx, id, query);
  }

  @Get(':id/usage')
  @Answers(TeamUsageResponse, [404, 422], 'team')
  usage(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Query() query: TeamUsageQuery,
  ): Promise<TeamUsageResponse> {
    return this.jobs.usageOfTeam(ctx, id, query);
  }
}
