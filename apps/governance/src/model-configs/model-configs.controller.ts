import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { ChangedModelConfigEnvelope, ModelConfigEnvelope, ModelConfigListEnvelope } from './model-config.response.js';
import { CreateModelConfigRequest, ModelConfigListQuery, UpdateModelConfigRequest } from './model-configs.requests.js';
import { ModelConfigsService } from './model-configs.service.js';

@ApiTags('model configs')
@Controller('api/governance/model-configs')
export class ModelConfigsController {
  constructor(private readonly configs: ModelConfigsService) {}

  @Get()
  @Answers(200, ModelConfigListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: ModelConfigListQuery): Promise<ModelConfigListEnvelope> {
    const model_configs = await this.configs.list(ctx, query);
    return { model_configs, count: model_configs.length };
  }

  @Post()
  @Answers(201, ChangedModelConfigEnvelope, [400, 409])
  async create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateModelConfigRequest,
  ): Promise<Changed<ChangedModelConfigEnvelope>> {
    const changed = await this.configs.create(ctx, request);
    return changed.map((model_config) => ({ message: 'Model config created successfully', model_config }));
  }

  @Get(':id')
  @Answers(200, ModelConfigEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<ModelConfigEnvelope> {
    return { model_config: await this.configs.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedModelConfigEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateModelConfigRequest,
  ): Promise<Changed<ChangedModelConfigEnvelope>> {
    const changed = await this.configs.update(ctx, id, request);
    return changed.map((model_config) => ({ message: 'Model config updated successfully', model_config }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [404])
  async delete(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<Changed<MessageResponse>> {
    const changed = await this.configs.delete(ctx, id);
    return changed.map(() => ({ message: 'Model config deleted successfully' }));
  }
}
