import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { CascadeQuery } from '../http/cascade.query.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { CustomerListQuery } from '../http/list.query.js';
import { MessageResponse } from '../http/message.response.js';
import { ChangedTeamEnvelope, TeamEnvelope, TeamListEnvelope } from './team.response.js';
import { CreateTeamRequest, UpdateTeamRequest } from './teams.requests.js';
import { TeamsService } from './teams.service.js';

@ApiTags('teams')
@Controller('api/governance/teams')
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  @Get()
  @Answers(200, TeamListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: CustomerListQuery): Promise<TeamListEnvelope> {
    const teams = await this.teams.list(ctx, query);
    return { teams, count: teams.length };
  }

  @Post()
  @Answers(201, ChangedTeamEnvelope, [400])
  async create(@Ctx() ctx: RequestContext, @Body() request: CreateTeamRequest): Promise<Changed<ChangedTeamEnvelope>> {
    const changed = await this.teams.create(ctx, request);
    return changed.map((team) => ({ message: 'Team created successfully', team }));
  }

  @Get(':id')
  @Answers(200, TeamEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<TeamEnvelope> {
    return { team: await this.teams.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedTeamEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateTeamRequest,
  ): Promise<Changed<ChangedTeamEnvelope>> {
    const changed = await this.teams.update(ctx, id, request);
    return changed.map((team) => ({ message: 'Team updated successfully', team }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [400, 404, 409])
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Query() query: CascadeQuery,
  ): Promise<Changed<MessageResponse>> {
    const changed = await this.teams.delete(ctx, id, query.cascade === 'true');
    return changed.map(() => ({ message: 'Team deleted successfully' }));
  }
}
