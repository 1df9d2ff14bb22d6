import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { MessageResponse } from '../../http/message.response.js';
import { PathNamePipe } from '../../http/path-name.pipe.js';
import { ModelAliasResponse } from './model-alias.response.js';
import { CreateModelAliasRequest, ModelAliasListQuery, UpdateModelAliasRequest } from './model-aliases.requests.js';
import { ModelAliasesService } from './model-aliases.service.js';

@ApiTags('model aliases')
@Controller('api/models')
export class ModelAliasesController {
  constructor(private readonly aliases: ModelAliasesService) {}

  @Get()
  @Answers([ModelAliasResponse], [422])
  list(@Query() query: ModelAliasListQuery): Promise<ModelAliasResponse[]> {
    return this.aliases.list(query);
  }

  @Post('create')
  @Answers(ModelAliasResponse, [400, 404, 422])
  create(@Ctx() ctx: RequestContext, @Body() request: CreateModelAliasRequest): Promise<Changed<ModelAliasResponse>> {
    return this.aliases.create(ctx, request);
  }

  @Get(':model_alias')
  @Answers(ModelAliasResponse, [404])
  get(@Param('model_alias', PathNamePipe) modelAlias: string): Promise<ModelAliasResponse> {
    return this.aliases.get(modelAlias);
  }

  @Put(':model_alias')
  @Answers(ModelAliasResponse, [404, 422])
  update(
    @Ctx() ctx: RequestContext,
    @Param('model_alias', PathNamePipe) modelAlias: string,
    @Body() request: UpdateModelAliasRequest,
  ): Promise<Changed<ModelAliasResponse>> {
    return this.aliases.update(ctx, modelAlias, request);
  }

  @Delete(':model_alias')
  @Answers(MessageResponse, [404, 422])
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('model_alias', PathNamePipe) modelAlias: string,
  ): Promise<Changed<MessageResponse>> {
    const changed = await this.aliases.delete(ctx, modelAlias);
    return changed.map(() => ({ message: `Model alias '${modelAlias}' was deleted.` }));
  }
}
