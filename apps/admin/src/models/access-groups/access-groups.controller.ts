import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { MessageResponse } from '../../http/message.response.js';
import { PathNamePipe } from '../../http/path-name.pipe.js';
import { AccessGroupResponse } from './access-group.response.js';
import {
  AccessGroupListQuery,
  CreateAccessGroupRequest,
  ReplaceAliasesRequest,
  UpdateAccessGroupRequest,
} from './access-groups.requests.js';
import { AccessGroupsService } from './access-groups.service.js';

@ApiTags('model access groups')
@Controller('api/model-access-groups')
export class AccessGroupsController {
  constructor(private readonly groups: AccessGroupsService) {}

  @Get()
  @Answers([AccessGroupResponse], [422])
  list(@Query() query: AccessGroupListQuery): Promise<AccessGroupResponse[]> {
    return this.groups.list(query);
  }

  @Post('create')
  @Answers(AccessGroupResponse, [400, 404, 422])
  create(@Ctx() ctx: RequestContext, @Body() request: CreateAccessGroupRequest): Promise<Changed<AccessGroupResponse>> {
    return this.groups.create(ctx, request);
  }

  @Get(':group_name')
  @Answers(AccessGroupResponse, [404])
  get(@Param('group_name', PathNamePipe) groupName: string): Promise<AccessGroupResponse> {
    return this.groups.get(groupName);
  }

  @Put(':group_name')
  @Answers(AccessGroupResponse, [404, 422])
  update(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
    @Body() request: UpdateAccessGroupRequest,
  ): Promise<Changed<AccessGroupResponse>> {
    return this.groups.update(ctx, groupName, request);
  }

  @Put(':group_name/models')
  @Answers(AccessGroupResponse, [404, 422])
  replaceAliases(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
    @Body() request: ReplaceAliasesRequest,
  ): Promise<Changed<AccessGroupResponse>> {
    return this.groups.replaceAliases(ctx, groupName, request);
  }

  @Delete(':group_name')
  @Answers(MessageResponse, [400, 404, 422])
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('group_name', PathNamePipe) groupName: string,
  ): Promise<Changed<MessageResponse>> {
    const changed = await this.groups.delete(ctx, groupName);
    return changed.map(() => ({ message: `Access group '${groupName}' was deleted.` }));
  }
}
