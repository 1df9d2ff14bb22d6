import { Module } from '@nestjs/common';

import { TeamViews } from './team-views.js';
import { TeamsController } from './teams.controller.js';
import { TeamsRepository } from './teams.repository.js';
import { TeamsService } from './teams.service.js';

@Module({ controllers: [TeamsController], providers: [TeamViews, TeamsRepository, TeamsService] })
export class TeamsModule {}
