import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { PolicyLookup } from '@penstock/dto';
import { type LoadedTenant, TenantLoader } from '@penstock/management';
import { Ctx, type RequestContext, ServiceRoute } from '@penstock/platform';

import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { PoliciesService } from './policies.service.js';

/** For gateways only: outside of `/api`, so that no gateway proxies it, and closed to operators. */
@ApiExcludeController()
@ServiceRoute()
@Controller('internal')
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly tenants: TenantLoader,
  ) {}

  @Get('policies/:keyHash')
  async lookUp(@Ctx() ctx: RequestContext, @Param('keyHash') keyHash: string): Promise<PolicyLookup> {
    return this.policies.lookUp(keyHash, ctx.nowMs);
  }

  @Post('tenants/:tenantId/load')
  @HttpCode(200)
  async load(@Ctx() ctx: RequestContext, @Param('tenantId', EntityIdPipe) tenantId: string): Promise<LoadedTenant> {
    return this.tenants.load(tenantId, ctx.nowMs);
  }
}
