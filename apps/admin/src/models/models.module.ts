import { Module } from '@nestjs/common';

import { ModelAssignments } from './assignments/model-assignments.js';

@Module({
  providers: [ModelAssignments],
  exports: [ModelAssignments],
})
export class ModelsModule {}
