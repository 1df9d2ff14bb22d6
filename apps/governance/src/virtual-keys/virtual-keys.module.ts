import { Module } from '@nestjs/common';

import { ProviderConfigs } from '../provider-configs/provider-configs.js';
import { KeyLimits } from './key-limits.js';
import { KeyReads } from './key-reads.js';
import { KeyRotation } from './values/key-rotation.js';
import { VirtualKeyViews } from './virtual-key-views.js';
import { VirtualKeysController } from './virtual-keys.controller.js';
import { VirtualKeysRepository } from './virtual-keys.repository.js';
import { VirtualKeysService } from './virtual-keys.service.js';

@Module({
  controllers: [VirtualKeysController],
  providers: [
    KeyLimits,
    KeyReads,
    KeyRotation,
    ProviderConfigs,
    VirtualKeyViews,
    VirtualKeysRepository,
    VirtualKeysService,
  ],
})
export class VirtualKeysModule {}
