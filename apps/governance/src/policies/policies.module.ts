import { Module } from '@nestjs/common';

import { PoliciesController } from './policies.controller.js';
import { PoliciesRepository } from './policies.repository.js';
import { PoliciesService } from './policies.service.js';
import { SnapshotCache } from './snapshot-cache.js';

@Module({
  controllers: [PoliciesController],
  providers: [PoliciesRepository, PoliciesService, SnapshotCache],
  exports: [PoliciesService],
})
export class PoliciesModule {}
