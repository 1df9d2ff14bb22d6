import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { WebhookDeliveryListQuery } from './webhook-deliveries.requests.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { ChangedWebhookDeliveryEnvelope, WebhookDeliveryListEnvelope } from './webhook-delivery.response.js';

@ApiTags('webhooks')
@Controller('api/governance/webhook-deliveries')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveriesService) {}

  @Get()
  @Answers(200, WebhookDeliveryListEnvelope, [400])
  async list(@Query() query: WebhookDeliveryListQuery): Promise<WebhookDeliveryListEnvelope> {
    const webhook_deliveries = await this.deliveries.list(query);
    return { webhook_deliveries, count: webhook_deliveries.length };
  }

  @Post(':id/retry')
  @Answers(200, ChangedWebhookDeliveryEnvelope, [400, 404])
  async retry(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
  ): Promise<Changed<ChangedWebhookDeliveryEnvelope>> {
    const changed = await this.deliveries.retry(ctx, id);
    return changed.map((webhook_delivery) => ({ message: 'The delivery will be tried again', webhook_delivery }));
  }
}
