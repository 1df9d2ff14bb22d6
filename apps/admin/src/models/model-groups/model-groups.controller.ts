import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext, TeamOnly } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { JsonListPipe } from '../../http/json-list.pipe.js';
import { MessageResponse } from '../../http/message.response.js';
import { PathNamePipe } from '../../http/path-name.pipe.js';
import { ModelGroupModelsResponse, ModelGroupResponse, ResolvedModelGroupResponse } from './model-group.response.js';
import {
  CreateModelGroupRequest,
  GROUP_MODELS_MAX,
  GroupModelRequest,
  ModelGroupListQuery,
  ResolveModelGroupQuery,
  UpdateModelGroupRequest,
} from './model-groups.requests.js';
import { ModelGroupsService } from './model-groups.service.js';

@ApiTags('model groups')
@Controller('api/model-groups')
export class ModelGroupsController {
  constructor(private readonly groups: ModelGroupsService) {}

  @Get()
  @Answers([ModelGroupResponse], [422])
  list(@Query() query: ModelGroupListQuery): Promise<ModelGroupResponse[]> {
    return this.groups.list(query);
  }

  @Post('create')
  @Answers(ModelGroupResponse, [400, 422])
  create(@Ctx() ctx: RequestContext, @Body() request: CreateModelGroupRequest): Promise<Changed<ModelGroupResponse>> {
    return this.groups.create(ctx, request);
  }

  @Get(':group_name')
  @Answers(ModelGroupResponse, [404])
  get(@Param('group_name', PathNamePipe) groupName: string): Promise<ModelGroupResponse> {
    return this.groups.get(groupName);
  }

  @Put(':group_name')
  @Answers(ModelGroupResponse, [404, 422])
  update(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
    @Body() request: UpdateModelGroupRequest,
  ): Promise<Changed<ModelGroupResponse>> {
    return this.groups.update(ctx, groupName, request);
  }

  @Put(':group_name/models')
  @ApiBody({ type: [GroupModelRequest], description: 'The models of the group from now on; may be empty.' })
  @Answers(ModelGroupModelsResponse, [404, 422])
  replaceModels(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
    @Body(new JsonListPipe(GroupModelRequest, GROUP_MODELS_MAX)) models: GroupModelRequest[],
  ): Promise<Changed<ModelGroupModelsResponse>> {
    return this.groups.replaceModels(ctx, groupName, models);
  }

  @Delete(':group_name')
  @Answers(MessageResponse, [400, 404, 422])
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
  ): Promise<Changed<MessageResponse>> {
    const changed = await this.groups.delete(ctx, groupName);
    return changed.map(() => ({ message: `Model group '${groupName}' was deleted.` }));
  }

  @TeamOnly()
  @Get(':group_name/resolve')
  @Answers(ResolvedModelGroupResponse, [404, 422], 'team')
  resolve(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
    @Query() _query: ResolveModelGroupQuery,
  ): Promise<ResolvedModelGroupResponse> {
    return this.groups.resolve(ctx, groupName);
  }
}
