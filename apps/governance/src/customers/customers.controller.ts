import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { CascadeQuery } from '../http/cascade.query.js';
import { EntityIdPipe } from '../http/entity-id.pipe.js';
import { ListQuery } from '../http/list.query.js';
import { MessageResponse } from '../http/message.response.js';
import { ChangedCustomerEnvelope, CustomerEnvelope, CustomerListEnvelope } from './customer-envelopes.js';
import { CreateCustomerRequest, UpdateCustomerRequest } from './customers.requests.js';
import { CustomersService } from './customers.service.js';

@ApiTags('customers')
@Controller('api/governance/customers')
export class CustomersController {
  constructor(private readonly customers: CustomersService) {}

  @Get()
  @Answers(200, CustomerListEnvelope, [400])
  async list(@Ctx() ctx: RequestContext, @Query() query: ListQuery): Promise<CustomerListEnvelope> {
    const customers = await this.customers.list(ctx, query);
    return { customers, count: customers.length };
  }

  @Post()
  @Answers(201, ChangedCustomerEnvelope, [400])
  async create(
    @Ctx() ctx: RequestContext,
    @Body() request: CreateCustomerRequest,
  ): Promise<Changed<ChangedCustomerEnvelope>> {
    const changed = await this.customers.create(ctx, request);
    return changed.map((customer) => ({ message: 'Customer created successfully', customer }));
  }

  @Get(':id')
  @Answers(200, CustomerEnvelope, [404])
  async get(@Ctx() ctx: RequestContext, @Param('id', EntityIdPipe) id: string): Promise<CustomerEnvelope> {
    return { customer: await this.customers.get(ctx, id) };
  }

  @Put(':id')
  @Answers(200, ChangedCustomerEnvelope, [400, 404])
  async update(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Body() request: UpdateCustomerRequest,
  ): Promise<Changed<ChangedCustomerEnvelope>> {
    const changed = await this.customers.update(ctx, id, request);
    return changed.map((customer) => ({ message: 'Customer updated successfully', customer }));
  }

  @Delete(':id')
  @Answers(200, MessageResponse, [400, 404, 409])
  async delete(
    @Ctx() ctx: RequestContext,
    @Param('id', EntityIdPipe) id: string,
    @Query() query: CascadeQuery,
  ): Promise<Changed<MessageResponse>> {
    const changed = await this.customers.delete(ctx, id, query.cascade === 'true');
    return changed.map(() => ({ message: 'Customer deleted successfully' }));
  }
}
