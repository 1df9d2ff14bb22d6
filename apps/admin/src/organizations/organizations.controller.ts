import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { OrganizationResponse } from './organization.response.js';
import { CreateOrganizationRequest } from './organizations.requests.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('organizations')
@Controller('api/organizations')
export class OrganizationsController {
  constructor(private readonly organizations: OrganizationsService) {}

  @Get()
  @Answers([OrganizationResponse])
  list(): Promise<OrganizationResponse[]> {
    return this.organizations.list();
  }

  @Post('create')
  @Answers(OrganizationResponse, [400, 422])
  create(@Ctx() ctx: RequestContext, @Body() request: CreateOrganizationRequest): Promise<OrganizationResponse> {
    return this.organizations.create(ctx, request);
  }

  @Get(':id')
  @Answers(OrganizationResponse, [404])
  get(@Param('id') id: string): Promise<OrganizationResponse> {
    return this.organizations.get(id);
  }
}
