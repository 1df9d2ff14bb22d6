import { Module } from '@nestjs/common';
import { JobBooks, JobCallAccounts, JobEnds } from '@penstock/management';
import { Shutdown } from '@penstock/platform';

import { AdminConfig } from '../config.js';
import { JobCallsService } from './calls/job-calls.service.js';
import { RunningCalls } from './calls/running-calls.js';
import { GatewayClient } from './gateway/gateway-client.js';
import { JobsController } from './jobs.controller.js';
import { JobsRepository } from './jobs.repository.js';
import { JobsService } from './jobs.service.js';
import { MonitoringController } from './monitoring/monitoring.controller.js';
import { MonitoringRepository } from './monitoring/monitoring.repository.js';
import { MonitoringService } from './monitoring/monitoring.service.js';
import { TeamJobsController } from './team-jobs.controller.js';

@Module({
  // The monitoring routes begin with a word where the team's have an id.
  controllers: [MonitoringController, JobsController, TeamJobsController],
  providers: [
    {
      provide: GatewayClient,
      inject: [AdminConfig, Shutdown],
      useFactory: (config: AdminConfig, shutdown: Shutdown): GatewayClient => {
        const client = new GatewayClient(config.PENSTOCK_GATEWAY_URL, config.PENSTOCK_SERVICE_TOKEN);
        shutdown.register('close', 'gateway client', () => client.close());
        return client;
      },
    },
    JobBooks,
    JobCallAccounts,
    JobCallsService,
    JobEnds,
    JobsRepository,
    JobsService,
    MonitoringRepository,
    MonitoringService,
    RunningCalls,
  ],
  exports: [JobBooks],
})
export class JobsModule {}
