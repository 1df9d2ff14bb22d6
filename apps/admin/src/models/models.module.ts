import { Module } from '@nestjs/common';

import { AccessGroupsController } from './access-groups/access-groups.controller.js';
import { AccessGroupsRepository } from './access-groups/access-groups.repository.js';
import { AccessGroupsService } from './access-groups/access-groups.service.js';
import { ModelAssignments } from './assignments/model-assignments.js';
import { CatalogueChanges } from './changes/catalogue-changes.js';
import { ModelAliasesController } from './model-aliases/model-aliases.controller.js';
import { ModelAliasesRepository } from './model-aliases/model-aliases.repository.js';
import { ModelAliasesService } from './model-aliases/model-aliases.service.js';
import { ModelGroupsController } from './model-groups/model-groups.controller.js';
import { ModelGroupsRepository } from './model-groups/model-groups.repository.js';
import { ModelGroupsService } from './model-groups/model-groups.service.js';

/** The model catalogue, which is one for all organizations, and what teams have of it. */
@Module({
  controllers: [ModelGroupsController, ModelAliasesController, AccessGroupsController],
  providers: [
    AccessGroupsRepository,
    AccessGroupsService,
    CatalogueChanges,
    ModelAliasesRepository,
    ModelAliasesService,
    ModelAssignments,
    ModelGroupsRepository,
    ModelGroupsService,
  ],
  exports: [ModelAssignments],
})
export class ModelsModule {}
