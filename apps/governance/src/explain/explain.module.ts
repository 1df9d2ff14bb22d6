import { Module } from '@nestjs/common';

import { PoliciesModule } from '../policies/policies.module.js';
import { ExplainController } from './explain.controller.js';
import { ExplainService } from './explain.service.js';

@Module({
  imports: [PoliciesModule],
  controllers: [ExplainController],
  providers: [ExplainService],
})
export class ExplainModule {}
