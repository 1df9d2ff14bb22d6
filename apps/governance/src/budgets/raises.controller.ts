import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { PageQuery } from '../http/page.query.js';
import { CreatedRaiseEnvelope, RaiseListEnvelope } from './raise-envelopes.js';
import { CreateRaiseRequest } from './raises.requests.js';
import { RaisesService } from './raises.service.js';

@ApiTags('budgets')
@Controller('api/governance/budgets/:id/raises')
export class RaisesController {
  constructor(private readonly raises: RaisesService) {}

  @Get()
  @Answers(200, RaiseListEnvelope, [400, 404])
  async list(@Param('id', EntityIdPipe) id: string, @Query() query: PageQuery): Promise<RaiseListEnvelope> {
    const raises = await this.raises.list(id, query);
    return { raises, count: raises.length };
  }

  @Post()
  @Answers(201, CreatedRaiseEnvelope, [400, 404])
  async create(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: CreateRaiseRequest,
  ): Promise<Changed<CreatedRaiseEnvelope>> {
    const changed = await this.raises.create(ctx, id, request);
    return changed.map((raise) => ({ message: 'Budget raised successfully', raise }));
  }

  @Delete(':raiseId')
  @Answers(200, MessageResponse, [404])
  async end(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Param('raiseId', EntityIdPipe) raiseId: string,
  ): Promise<Changed<MessageResponse>> {
    const changed = await this.raises.end(ctx, id, raiseId);
    return changed.map(() => ({ message: 'Raise ended successfully' }));
  }
}
