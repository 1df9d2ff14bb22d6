import { Module } from '@nestjs/common';

import { ModelsModule } from '../models/models.module.js';
import { TeamsModule } from '../teams/teams.module.js';
import { DefaultTeam } from './default-team.js';
import { OrganizationRemoval } from './organization-removal.js';
import { OrganizationsController } from './organizations.controller.js';
import { OrganizationsRepository } from './organizations.repository.js';
import { OrganizationsService } from './organizations.service.js';
import { OrganizationUsage } from './usage/organization-usage.js';
import { OrganizationUsageRepository } from './usage/organization-usage.repository.js';

@Module({
  imports: [ModelsModule, TeamsModule],
  controllers: [OrganizationsController],
  providers: [
    DefaultTeam,
    OrganizationRemoval,
    OrganizationsRepository,
    OrganizationsService,
    OrganizationUsage,
    OrganizationUsageRepository,
  ],
})
export class OrganizationsModule {}
