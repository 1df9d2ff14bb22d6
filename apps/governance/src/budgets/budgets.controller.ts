import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { MessageResponse } from '../http/message.response.js';
import { BudgetEnvelope, BudgetListEnvelope, ChangedBudgetEnvelope } from './budget-envelopes.js';
import { BudgetListQuery, CreateSharedBudgetRequest, UpdateBudgetRequest } from './budgets.requests.js';
import { BudgetsService } from './budgets.service.js';

@ApiTags('budgets')
@Controller('api/governance/budgets')
export class BudgetsController {
  constructor(private readonly budgets: BudgetsService) {}

  @Get()
  @Answers(200, BudgetListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: BudgetListQuery): Promise<BudgetListEnvelope> {
    const budgets = await this.budgets.list(ctx, query);
    return { budgets, count: budgets.length };
  }

  @Post()
  @Answers(201, ChangedBudgetEnvelope, [400])
  async share(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateSharedBudgetRequest,
  ): Promise<Changed<ChangedBudgetEnvelope>> {
    const changed = await this.budgets.share(ctx, request);
    return changed.map((budget) => ({ message: 'Budget created successfully', budget }));
  }

  @Get(':id')
  @Answers(200, BudgetEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<BudgetEnvelope> {
    return { budget: await this.budgets.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedBudgetEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateBudgetRequest,
  ): Promise<Changed<ChangedBudgetEnvelope>> {
    const changed = await this.budgets.update(ctx, id, request);
    return changed.map((budget) => ({ message: 'Budget updated successfully', budget }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [404])
  async delete(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<Changed<MessageResponse>> {
    const changed = await this.budgets.delete(ctx, id);
    return changed.map(() => ({ message: 'Budget deleted successfully' }));
  }
}
