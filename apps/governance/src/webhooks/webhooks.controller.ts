import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { WebhookTester } from './webhook-tester.js';
import {
  ChangedWebhookEnvelope,
  WebhookEnvelope,
  WebhookListEnvelope,
  WebhookSecretEnvelope,
  WebhookTestResponse,
} from './webhook.response.js';
import { CreateWebhookRequest, UpdateWebhookRequest, WebhookListQuery } from './webhooks.requests.js';
import { WebhooksService } from './webhooks.service.js';

@ApiTags('webhooks')
@Controller('api/governance/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly tester: WebhookTester,
  ) {}

  @Get()
  @Answers(200, WebhookListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: WebhookListQuery): Promise<WebhookListEnvelope> {
    const webhooks = await this.webhooks.list(ctx, query);
    return { webhooks, count: webhooks.length };
  }

  @Post()
  @Answers(201, WebhookSecretEnvelope, [400])
  async create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateWebhookRequest,
  ): Promise<Changed<WebhookSecretEnvelope>> {
    const changed = await this.webhooks.create(ctx, request);
    return changed.map((created) => ({ message: 'Webhook created successfully', ...created }));
  }

  @Get(':id')
  @Answers(200, WebhookEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<WebhookEnvelope> {
    return { webhook: await this.webhooks.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedWebhookEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateWebhookRequest,
  ): Promise<Changed<ChangedWebhookEnvelope>> {
    const changed = await this.webhooks.update(ctx, id, request);
    return changed.map((webhook) => ({ message: 'Webhook updated successfully', webhook }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [404])
  async delete(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<Changed<MessageResponse>> {
    const changed = await this.webhooks.delete(ctx, id);
    return changed.map(() => ({ message: 'Webhook deleted successfully' }));
  }

  @Post(':id/rotate-secret')
  @Answers(200, WebhookSecretEnvelope, [404])
  async rotateSecret(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
  ): Promise<Changed<WebhookSecretEnvelope>> {
    const changed = await this.webhooks.rotateSecret(ctx, id);
    return changed.map((rotated) => ({ message: 'Webhook secret rotated successfully', ...rotated }));
  }

  @Post(':id/test')
  @Answers(200, WebhookTestResponse, [404])
  async test(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<WebhookTestResponse> {
    return this.tester.test(ctx, id);
  }
}
