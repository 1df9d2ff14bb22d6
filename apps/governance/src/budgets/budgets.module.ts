import { Module } from '@nestjs/common';

import { BudgetsController } from './budgets.controller.js';
import { BudgetsService } from './budgets.service.js';
import { RaisesController } from './raises.controller.js';
import { RaisesService } from './raises.service.js';

@Module({ controllers: [BudgetsController, RaisesController], providers: [BudgetsService, RaisesService] })
export class BudgetsModule {}
