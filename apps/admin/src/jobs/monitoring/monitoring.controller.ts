import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Answers } from '../../http/answers.decorator.js';
import { DatesQuery, MonitoredJobsQuery } from './monitoring.requests.js';
import { JobPage, MonitoredJob, OrganizationAnalytics, OrganizationJobStats } from './monitoring.responses.js';
import { MonitoringService } from './monitoring.service.js';

/** Jobs as operators watch them. */
@ApiTags('jobs')
@Controller('api/jobs')
export class MonitoringController {
  constructor(private readonly monitoring: MonitoringService) {}

  @Get('teams/:team_id')
  @Answers(JobPage, [400, 404, 422])
  page(@Param('team_id') teamId: string, @Query() query: MonitoredJobsQuery): Promise<JobPage> {
    return this.monitoring.page(teamId, query);
  }

  @Get('teams/:team_id/:job_id')
  @Answers(MonitoredJob, [400, 404])
  get(@Param('team_id') teamId: string, @Param('job_id') jobId: string): Promise<MonitoredJob> {
    return this.monitoring.get(teamId, jobId);
  }

  @Get('organizations/:id/stats')
  @Answers(OrganizationJobStats, [400, 404, 422])
  stats(@Param('id') id: string, @Query() query: DatesQuery): Promise<OrganizationJobStats> {
    return this.monitoring.stats(id, query);
  }

  @Get('organizations/:id/analytics')
  @Answers(OrganizationAnalytics, [400, 404, 422])
  analytics(@Param('id') id: string, @Query() query: DatesQuery): Promise<OrganizationAnalytics> {
    return this.monitoring.analytics(id, query);
  }
}
