import { Body, Controller, Get, Param, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { ChangedTenantEnvelope, TenantEnvelope } from './tenant.response.js';
import { UpdateTenantRequest } from './tenants.requests.js';
import { TenantsService } from './tenants.service.js';

@ApiTags('tenants')
@Controller('api/governance/tenants')
export class TenantsController {
  constructor(private readonly tenants: TenantsService) {}

  @Get(':id')
  @Answers(200, TenantEnvelope, [404])
  async get(@Param('id', EntityIdPipe) id: string): Promise<TenantEnvelope> {
    return { tenant: await this.tenants.get(id) };
  }

  @Put(':id')
  @Answers(200, ChangedTenantEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateTenantRequest,
  ): Promise<Changed<ChangedTenantEnvelope>> {
    const changed = await this.tenants.update(ctx, id, request);
    return changed.map((tenant) => ({ message: 'Tenant updated successfully', tenant }));
  }
}
