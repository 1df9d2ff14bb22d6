import { Module } from '@nestjs/common';
import { KeySecrets, KeyValues } from '@penstock/management';
import { KeyHasher, parseEncryptionKeys, SecretBox } from '@penstock/platform';

import { GovernanceConfig } from '../config.js';
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
    {
      provide: KeyHasher,
      inject: [GovernanceConfig],
      useFactory: (config: GovernanceConfig) => new KeyHasher(config.PENSTOCK_KEY_HASH_SECRET),
    },
    {
      provide: SecretBox,
      inject: [GovernanceConfig],
      useFactory: (config: GovernanceConfig) => new SecretBox(parseEncryptionKeys(config.PENSTOCK_ENCRYPTION_KEYS)),
    },
    KeyLimits,
    KeyReads,
    KeyRotation,
    KeySecrets,
    KeyValues,
    ProviderConfigs,
    VirtualKeyViews,
    VirtualKeysRepository,
    VirtualKeysService,
  ],
})
export class VirtualKeysModule {}
