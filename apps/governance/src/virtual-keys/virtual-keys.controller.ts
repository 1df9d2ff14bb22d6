import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { KeyReads } from './key-reads.js';
import { KeyRotation } from './values/key-rotation.js';
import { ChangedVirtualKeyEnvelope, VirtualKeyEnvelope, VirtualKeyListEnvelope } from './virtual-key.response.js';
import { VirtualKeyListQuery } from './virtual-keys.query.js';
import { CreateVirtualKeyRequest, RotateVirtualKeyRequest, UpdateVirtualKeyRequest } from './virtual-keys.requests.js';
import { VirtualKeysService } from './virtual-keys.service.js';

@ApiTags('virtual keys')
@Controller('api/governance/virtual-keys')
export class VirtualKeysController {
  constructor(
    private readonly keys: VirtualKeysService,
    private readonly reads: KeyReads,
    private readonly rotation: KeyRotation,
  ) {}

  @Get()
  @Answers(200, VirtualKeyListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: VirtualKeyListQuery): Promise<VirtualKeyListEnvelope> {
    return this.reads.list(ctx, query);
  }

  @Post()
  @Answers(201, ChangedVirtualKeyEnvelope, [400])
  async create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateVirtualKeyRequest,
  ): Promise<Changed<ChangedVirtualKeyEnvelope>> {
    const changed = await this.keys.issue(ctx, request);
    return changed.map((virtual_key) => ({ message: 'Virtual key created successfully', virtual_key }));
  }

  @Get(':id')
  @Answers(200, VirtualKeyEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<VirtualKeyEnvelope> {
    return { virtual_key: await this.reads.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedVirtualKeyEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateVirtualKeyRequest,
  ): Promise<Changed<ChangedVirtualKeyEnvelope>> {
    const changed = await this.keys.update(ctx, id, request);
    return changed.map((virtual_key) => ({ message: 'Virtual key updated successfully', virtual_key }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [404])
  async delete(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<Changed<MessageResponse>> {
    const changed = await this.keys.revoke(ctx, id);
    return changed.map(() => ({ message: 'Virtual key deleted successfully' }));
  }

  @Post(':id/rotate')
  @Answers(200, ChangedVirtualKeyEnvelope, [400, 404])
  async rotate(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: RotateVirtualKeyRequest,
  ): Promise<Changed<ChangedVirtualKeyEnvelope>> {
    const changed = await this.rotation.rotate(ctx, id, request.overlap ?? '0s');
    return changed.map((virtual_key) => ({ message: 'Virtual key rotated successfully', virtual_key }));
  }
}
