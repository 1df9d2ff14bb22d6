import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { PageQuery } from '../http/page.query.js';
import {
  ChangedPriceOverrideEnvelope,
  PriceOverrideEnvelope,
  PriceOverrideListEnvelope,
} from './price-override.response.js';
import { CreatePriceOverrideRequest, UpdatePriceOverrideRequest } from './price-overrides.requests.js';
import { PriceOverridesService } from './price-overrides.service.js';

@ApiTags('price overrides')
@Controller('api/governance/price-overrides')
export class PriceOverridesController {
  constructor(private readonly prices: PriceOverridesService) {}

  @Get()
  @Answers(200, PriceOverrideListEnvelope, [400])
  async list(@Query() query: PageQuery): Promise<PriceOverrideListEnvelope> {
    const price_overrides = await this.prices.list(query);
    return { price_overrides, count: price_overrides.length };
  }

  @Post()
  @Answers(201, ChangedPriceOverrideEnvelope, [400])
  async create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreatePriceOverrideRequest,
  ): Promise<Changed<ChangedPriceOverrideEnvelope>> {
    const changed = await this.prices.create(ctx, request);
    return changed.map((price_override) => ({ message: 'Price override created successfully', price_override }));
  }

  @Get(':id')
  @Answers(200, PriceOverrideEnvelope, [404])
  async get(@Param('id', EntityIdPipe) id: string): Promise<PriceOverrideEnvelope> {
    return { price_override: await this.prices.get(id) };
  }

  @Put(':id')
  @Answers(200, ChangedPriceOverrideEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdatePriceOverrideRequest,
  ): Promise<Changed<ChangedPriceOverrideEnvelope>> {
    const changed = await this.prices.update(ctx, id, request);
    return changed.map((price_override) => ({ message: 'Price override updated successfully', price_override }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [404])
  async delete(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<Changed<MessageResponse>> {
    const changed = await this.prices.delete(ctx, id);
    return changed.map(() => ({ message: 'Price override deleted successfully' }));
  }
}
