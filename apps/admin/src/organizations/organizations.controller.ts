import { Body, Controller, Delete, Get, Header, Param, Post, Put, Query } from '@nestjs/common';
import { ApiExtraModels, ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { OrganizationRemoval } from './organization-removal.js';
import {
  OrganizationDeletedResponse,
  OrganizationResponse,
  OrganizationStatusResponse,
  OrganizationTeamsResponse,
} from './organization.response.js';
import {
  CreateOrganizationRequest,
  DeleteOrganizationQuery,
  OrganizationListQuery,
  UpdateOrganizationRequest,
} from './organizations.requests.js';
import { OrganizationsService } from './organizations.service.js';
import { OrganizationUsageQuery } from './usage/organization-usage.query.js';
import { OrganizationTeamUsage, OrganizationUsageResponse } from './usage/organization-usage.response.js';
import { OrganizationUsage } from './usage/organization-usage.js';

@ApiTags('organizations')
@ApiExtraModels(OrganizationTeamUsage)
@Controller('api/organizations')
export class OrganizationsController {
  constructor(
    private readonly organizations: OrganizationsService,
    private readonly removal: OrganizationRemoval,
    private readonly usage: OrganizationUsage,
  ) {}

  @Get()
  @Answers([OrganizationResponse], [422])
  list(@Query() query: OrganizationListQuery): Promise<OrganizationResponse[]> {
    return this.organizations.list(query);
  }

  @Post('create')
  @Header('cache-control', 'no-store')
  @Answers(OrganizationResponse, [400, 422])
  create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateOrganizationRequest,
  ): Promise<Changed<OrganizationResponse>> {
    return this.organizations.create(ctx, request);
  }

  @Get(':id')
  @Answers(OrganizationResponse, [404])
  get(@Param('id') id: string): Promise<OrganizationResponse> {
    return this.organizations.get(id);
  }

  @Get(':id/teams')
  @Answers(OrganizationTeamsResponse, [404])
  listTeams(@Param('id') id: string): Promise<OrganizationTeamsResponse> {
    return this.organizations.listTeams(id);
  }

  @Get(':id/usage')
  @Answers(OrganizationUsageResponse, [404, 422])
  usageOf(@Param('id') id: string, @Query() { period }: OrganizationUsageQuery): Promise<OrganizationUsageResponse> {
    return this.usage.ofPeriod(id, period);
  }

  @Put(':id')
  @Answers(OrganizationResponse, [404, 422])
  update(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body() request: UpdateOrganizationRequest,
  ): Promise<Changed<OrganizationResponse>> {
    return this.organizations.update(ctx, id, request);
  }

  @Put(':id/suspend')
  @Answers(OrganizationStatusResponse, [404, 422])
  suspend(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Changed<OrganizationStatusResponse>> {
    return this.organizations.setStatus(ctx, id, 'suspended');
  }

  @Put(':id/resume')
  @Answers(OrganizationStatusResponse, [404, 422])
  resume(@Ctx() ctx: RequestContext, @Param('id') id: string): Promise<Changed<OrganizationStatusResponse>> {
    return this.organizations.setStatus(ctx, id, 'active');
  }

  @Delete(':id')
  @Answers(OrganizationDeletedResponse, [400, 404, 422])
  delete(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Query() { cascade }: DeleteOrganizationQuery,
  ): Promise<Changed<OrganizationDeletedResponse>> {
    return this.removal.delete(ctx, id, cascade === 'true');
  }
}
