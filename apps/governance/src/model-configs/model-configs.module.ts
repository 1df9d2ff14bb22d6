import { Module } from '@nestjs/common';

import { ModelConfigsController } from './model-configs.controller.js';
import { ModelConfigsRepository } from './model-configs.repository.js';
import { ModelConfigsService } from './model-configs.service.js';

@Module({ controllers: [ModelConfigsController], providers: [ModelConfigsRepository, ModelConfigsService] })
export class ModelConfigsModule {}
