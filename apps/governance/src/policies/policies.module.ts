import { Module } from '@nestjs/common';

import { PoliciesController } from './policies.controller.js';
import { PoliciesService } from './policies.service.js';
import { SnapshotCache } from './snapshot-cache.js';

@Module({
  controllers: [PoliciesController],
  providers: [PoliciesService, SnapshotCache],
  exports: [PoliciesService],
})
export class PoliciesModule {}
