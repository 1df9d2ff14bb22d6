import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext, UuidPipe } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import {
  DeletedCredentialResponse,
  OrganizationCredentialsResponse,
  ProviderCredentialResponse,
  SwitchedCredentialResponse,
} from './provider-credential.response.js';
import {
  ActiveOnlyQuery,
  CreateProviderCredentialRequest,
  ProviderCredentialListQuery,
  UpdateProviderCredentialRequest,
} from './provider-credentials.requests.js';
import { ProviderCredentialsService } from './provider-credentials.service.js';

@ApiTags('provider credentials')
@Controller('api/provider-credentials')
export class ProviderCredentialsController {
  constructor(private readonly credentials: ProviderCredentialsService) {}

  @Get()
  @Answers([ProviderCredentialResponse], [400, 422])
  list(@Query() query: ProviderCredentialListQuery): Promise<ProviderCredentialResponse[]> {
    return this.credentials.list(query);
  }

  @Post('create')
  @Answers(ProviderCredentialResponse, [400, 404, 422])
  create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateProviderCredentialRequest,
  ): Promise<Changed<ProviderCredentialResponse>> {
    return this.credentials.create(ctx, request);
  }

  @Get('organization/:organization_id')
  @Answers(OrganizationCredentialsResponse, [404, 422])
  ofOrganization(
    @Param('organization_id') organizationId: string,
    @Query() query: ActiveOnlyQuery,
  ): Promise<OrganizationCredentialsResponse> {
    return this.credentials.ofOrganization(organizationId, query.active_only ?? true);
  }

  @Get('organization/:organization_id/provider/:provider')
  @Answers(ProviderCredentialResponse, [400, 404])
  ofProvider(
    @Param('organization_id') organizationId: string,
    @Param('provider') provider: string,
  ): Promise<ProviderCredentialResponse> {
    return this.credentials.ofProvider(organizationId, provider);
  }

  @Get(':id')
  @Answers(ProviderCredentialResponse, [404, 422])
  get(@Param('id', UuidPipe) id: string): Promise<ProviderCredentialResponse> {
    return this.credentials.get(id);
  }

  @Put(':id')
  @Answers(ProviderCredentialResponse, [400, 404, 422])
  update(
    @Ctx() ctx: RequestContext,
    @Param('id', UuidPipe) id: string,
    @Body() request: UpdateProviderCredentialRequest,
  ): Promise<Changed<ProviderCredentialResponse>> {
    return this.credentials.update(ctx, id, request);
  }

  @Delete(':id')
  @Answers(DeletedCredentialResponse, [404, 422])
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('id', UuidPipe) id: string,
  ): Promise<Changed<DeletedCredentialResponse>> {
    const changed = await this.credentials.delete(ctx, id);
    return changed.map(({ credential_id }) => ({ credential_id, message: 'The provider credential was deleted.' }));
  }

  @Put(':id/activate')
  @Answers(SwitchedCredentialResponse, [400, 404, 422])
  async activate(
    @Ctx() ctx: RequestContext,
    @Param('id', UuidPipe) id: string,
  ): Promise<Changed<SwitchedCredentialResponse>> {
    const changed = await this.credentials.activate(ctx, id);
    return changed.map(({ credential_id, is_active }) => ({
      credential_id,
      is_active,
      message: 'The provider credential is active.',
    }));
  }

  @Put(':id/deactivate')
  @Answers(SwitchedCredentialResponse, [404, 422])
  async deactivate(
    @Ctx() ctx: RequestContext,
    @Param('id', UuidPipe) id: string,
  ): Promise<Changed<SwitchedCredentialResponse>> {
    const changed = await this.credentials.deactivate(ctx, id);
    return changed.map(({ credential_id, is_active }) => ({
      credential_id,
      is_active,
      message: 'The provider credential is not in use.',
    }));
  }
}
