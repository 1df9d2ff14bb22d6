import { Module } from '@nestjs/common';
import { KeyHasher } from '@penstock/platform';

import { GovernanceConfig } from '../config.js';
import { PoliciesModule } from '../policies/policies.module.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';

@Module({
  imports: [PoliciesModule],
  controllers: [ExplainController],
  providers: [
    {
      provide: KeyHasher,
      inject: [GovernanceConfig],
      useFactory: (config: GovernanceConfig) => new KeyHasher(config.PENSTOCK_KEY_HASH_SECRET),
    },
    ExplainService,
  ],
})
export class ExplainModule {}
