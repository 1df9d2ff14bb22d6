import { Module } from '@nestjs/common';

import { ConfigOwners } from './config-owners.js';
import { UsageResetService } from './usage-reset.service.js';
import { UsageController } from './usage.controller.js';
import { UsageService } from './usage.service.js';

@Module({ controllers: [UsageController], providers: [ConfigOwners, UsageResetService, UsageService] })
export class UsageModule {}
