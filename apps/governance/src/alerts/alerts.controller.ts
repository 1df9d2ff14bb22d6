import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Answers } from '../http/answers.decorator.js';
import { AlertListEnvelope } from './alert.response.js';
import { AlertListQuery } from './alerts.requests.js';
import { AlertsService } from './alerts.service.js';

@ApiTags('alerts')
@Controller('api/governance/alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Get()
  @Answers(200, AlertListEnvelope, [400])
  async list(@Query() query: AlertListQuery): Promise<AlertListEnvelope> {
    const alerts = await this.alerts.list(query);
    return { alerts, count: alerts.length };
  }
}
