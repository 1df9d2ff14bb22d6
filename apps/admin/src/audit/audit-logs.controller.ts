import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireRole } from '@penstock/platform';

import { Answers, AnswersFile } from '../http/answers.decorator.js';
import { AuditLogsService } from './audit-logs.service.js';
import { AuditExportQuery, AuditListQuery, AuditVerifyQuery } from './audit.requests.js';
import { AuditPageResponse, AuditVerdictResponse } from './audit.responses.js';

/** The audit trail of everything: operators, organizations, governance. */
@ApiTags('audit')
@RequireRole('owner', 'admin')
@Controller('api/audit-logs')
export class AuditLogsController {
  constructor(private readonly audit: AuditLogsService) {}

  @Get()
  @Answers(AuditPageResponse, [404, 422])
  list(@Query() query: AuditListQuery): Promise<AuditPageResponse> {
    return this.audit.list(query);
  }

  @Get('export')
  @AnswersFile(['application/x-ndjson', 'text/csv'], [404, 422])
  async export(@Query() query: AuditExportQuery): Promise<StreamableFile> {
    const format = query.format ?? 'ndjson';
    return new StreamableFile(await this.audit.export(query), {
      type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
      disposition: `attachment; filename="audit-logs.${format}"`,
    });
  }

  @Get('verify')
  @Answers(AuditVerdictResponse, [404, 422])
  verify(@Query() query: AuditVerifyQuery): Promise<AuditVerdictResponse> {
    return this.audit.verify(query);
  }
}
