import { Module } from '@nestjs/common';

import { PriceOverridesController } from './price-overrides.controller.js';
import { PriceOverridesService } from './price-overrides.service.js';

@Module({ controllers: [PriceOverridesController], providers: [PriceOverridesService] })
export class PriceOverridesModule {}
