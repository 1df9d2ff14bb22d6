import { Body, Controller, Delete, Get, Header, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { NamesPipe } from '../http/names.pipe.js';
import { TeamChanges } from './team-changes.service.js';
import {
  TeamAccessGroupsResponse,
  TeamChangedResponse,
  TeamDeletedResponse,
  TeamListEntry,
  TeamModelGroupsResponse,
  TeamResponse,
  TeamStatusResponse,
} from './team.response.js';
import { CreateTeamRequest, TeamListQuery, UpdateTeamRequest } from './teams.requests.js';
import { TeamsService } from './teams.service.js';

const NAMES = { schema: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 255 }, maxItems: 1_000 } };

@ApiTags('teams')
@Controller('api/teams')
export class TeamsController {
  constructor(
    private readonly teams: TeamsService,
    private readonly changes: TeamChanges,
  ) {}

  @Get()
  @Answers([TeamListEntry], [422])
  list(@Query() query: TeamListQuery): Promise<TeamListEntry[]> {
    return this.teams.list(query);
  }

  @Post('create')
  @Header('cache-control', 'no-store')
  @Answers(TeamChangedResponse, [400, 404, 422])
  create(@Ctx() ctx: RequestContext, @Body() request: CreateTeamRequest): Promise<Changed<TeamChangedResponse>> {
    return this.teams.create(ctx, request);
  }

  @Get(':id')
  @Header('cache-control', 'no-store')
  @Answers(TeamResponse, [404])
  get(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<TeamResponse> {
    return this.teams.get(ctx, id);
  }

  @Put(':id')
  @Answers(TeamChangedResponse, [400, 404, 422])
  update(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body() request: UpdateTeamRequest,
  ): Promise<Changed<TeamChangedResponse>> {
    return this.changes.update(ctx, id, request);
  }

  @Put(':id/model-groups')
  @ApiBody(NAMES)
  @Answers(TeamModelGroupsResponse, [404, 422])
  assignModelGroups(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body(NamesPipe) names: readonly string[],
  ): Promise<Changed<TeamModelGroupsResponse>> {
    return this.changes.assignModelGroups(ctx, id, names);
  }

  @Put(':id/access-groups')
  @ApiBody(NAMES)
  @Answers(TeamAccessGroupsResponse, [404, 422])
  assignAccessGroups(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body(NamesPipe) names: readonly string[],
  ): Promise<Changed<TeamAccessGroupsResponse>> {
    return this.changes.assignAccessGroups(ctx, id, names);
  }

  @Put(':id/suspend')
  @Answers(TeamStatusResponse, [404, 422])
  suspend(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Changed<TeamStatusResponse>> {
    return this.changes.setStatus(ctx, id, 'suspended');
  }

  @Put(':id/pause')
  @Answers(TeamStatusResponse, [404, 422])
  pause(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Changed<TeamStatusResponse>> {
    return this.changes.setStatus(ctx, id, 'paused');
  }

  @Put(':id/resume')
  @Answers(TeamStatusResponse, [404, 422])
  resume(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Changed<TeamStatusResponse>> {
    return this.changes.setStatus(ctx, id, 'active');
  }

  @Delete(':id')
  @Answers(TeamDeletedResponse, [400, 404, 422])
  delete(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Changed<TeamDeletedResponse>> {
    return this.changes.delete(ctx, id);
  }
}
