import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext, RequireLogin, RequireRole, UuidPipe } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { AdminUserResponse, MessageResponse } from './admin-user.response.js';
import { CreateAdminUserRequest, UpdateAdminUserRequest } from './admin-users.requests.js';
import { AdminUsersService } from './admin-users.service.js';

@ApiTags('admin users')
@RequireLogin()
@RequireRole('owner', 'admin')
@Controller('api/admin-users')
export class AdminUsersController {
  constructor(private readonly users: AdminUsersService) {}

  @Get()
  @Answers([AdminUserResponse], [403], 'logged in')
  list(): Promise<AdminUserResponse[]> {
    return this.users.list();
  }

  @Post()
  @Answers(AdminUserResponse, [400, 403, 422], 'logged in')
  create(@Ctx() ctx: RequestContext, @Body() request: CreateAdminUserRequest): Promise<AdminUserResponse> {
    return this.users.create(ctx, request);
  }

  @Put(':id')
  @Answers(AdminUserResponse, [400, 403, 404, 422], 'logged in')
  update(
    @Ctx() ctx: RequestContext,
    @Param('id', UuidPipe) id: string,
    @Body() request: UpdateAdminUserRequest,
  ): Promise<AdminUserResponse> {
    return this.users.update(ctx, id, request);
  }

  @Delete(':id')
  @Answers(MessageResponse, [400, 403, 404, 422], 'logged in')
  async delete(@Ctx() ctx: RequestContext, @Param('id', UuidPipe) id: string): Promise<MessageResponse> {
    await this.users.deactivate(ctx, id);
    return { message: 'The admin user was deleted.' };
  }
}
