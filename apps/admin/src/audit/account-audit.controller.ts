import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireLogin, RequireRole } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { AuditLogsService } from './audit-logs.service.js';
import { AccountAuditQuery } from './audit.requests.js';
import { AccountAuditResponse } from './audit.responses.js';

/** The audit trail where clients of the contract look for it. */
@ApiTags('audit')
@RequireLogin()
@RequireRole('owner', 'admin')
@Controller('api/admin-users/audit-logs')
export class AccountAuditController {
  constructor(private readonly audit: AuditLogsService) {}

  @Get()
  @Answers([AccountAuditResponse], [403, 422], 'logged in')
  list(@Query() query: AccountAuditQuery): Promise<AccountAuditResponse[]> {
    return this.audit.listForAccounts(query);
  }
}
