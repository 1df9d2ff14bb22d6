import { Module } from '@nestjs/common';

import { CreditsModule } from '../credits/credits.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { ModelsModule } from '../models/models.module.js';
import { TeamAllocation } from './team-allocation.js';
import { TeamChanges } from './team-changes.service.js';
import { TeamCreation } from './team-creation.js';
import { TeamKeys } from './team-keys.js';
import { TeamKeysController } from './team-keys.controller.js';
import { TeamRemoval } from './team-removal.js';
import { TeamViews } from './team-views.js';
import { TeamsController } from './teams.controller.js';
import { TeamsRepository } from './teams.repository.js';
import { TeamsService } from './teams.service.js';

@Module({
  imports: [CreditsModule, JobsModule, ModelsModule],
  controllers: [TeamsController, TeamKeysController],
  providers: [
    TeamAllocation,
    TeamChanges,
    TeamCreation,
    TeamKeys,
    TeamRemoval,
    TeamViews,
    TeamsRepository,
    TeamsService,
  ],
  exports: [TeamCreation, TeamRemoval, TeamsService],
})
export class TeamsModule {}
