import { Module } from '@nestjs/common';

import { AccountAuditController } from './account-audit.controller.js';
import { AuditEntriesRepository } from './audit-entries.repository.js';
import { AuditLogsController } from './audit-logs.controller.js';
import { AuditLogsService } from './audit-logs.service.js';

/** Reading the audit trail. It is written where the changes are made. */
@Module({
  controllers: [AccountAuditController, AuditLogsController],
  providers: [AuditEntriesRepository, AuditLogsService],
})
export class AuditModule {}
