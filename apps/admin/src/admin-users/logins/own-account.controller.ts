import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, operatorRoles, Public, type RequestContext, RequireLogin, RequireRole } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { AdminUserResponse, LoginResponse, MessageResponse, SetupStatusResponse } from '../admin-user.response.js';
import { ChangePasswordRequest, LoginRequest, SetupRequest } from '../admin-users.requests.js';
import { LoginsService } from './logins.service.js';
import { OwnAccountService } from './own-account.service.js';
import { SetupService } from './setup.service.js';

/** Coming in, going out, and the account one is logged in with. */
@ApiTags('admin users')
@Controller('api/admin-users')
export class OwnAccountController {
  constructor(
    private readonly setup: SetupService,
    private readonly logins: LoginsService,
    private readonly account: OwnAccountService,
  ) {}

  @Public()
  @Get('setup/status')
  @Answers(SetupStatusResponse, [], 'anybody')
  status(): Promise<SetupStatusResponse> {
    return this.setup.status();
  }

  @Public()
  @Post('setup')
  @Answers(LoginResponse, [400, 422], 'anybody')
  setUp(@Ctx() ctx: RequestContext, @Body() request: SetupRequest): Promise<LoginResponse> {
    return this.setup.setUp(ctx, request);
  }

  @Public()
  @Post('login')
  @Answers(LoginResponse, [401, 422, 429], 'anybody')
  login(@Ctx() ctx: RequestContext, @Body() request: LoginRequest): Promise<LoginResponse> {
    return this.logins.login(ctx, request);
  }

  @RequireLogin()
  @RequireRole(...operatorRoles)
  @Post('logout')
  @Answers(MessageResponse, [], 'logged in')
  async logout(@Ctx() ctx: RequestContext): Promise<MessageResponse> {
    await this.logins.logout(ctx);
    return { message: 'Logged out.' };
  }

  @RequireLogin()
  @Get('me')
  @Answers(AdminUserResponse, [], 'logged in')
  me(@Ctx() ctx: RequestContext): Promise<AdminUserResponse> {
    return this.account.me(ctx);
  }

  @RequireLogin()
  @RequireRole(...operatorRoles)
  @Post('me/change-password')
  @Answers(MessageResponse, [400, 422, 429], 'logged in')
  async changePassword(@Ctx() ctx: RequestContext, @Body() request: ChangePasswordRequest): Promise<MessageResponse> {
    await this.account.changePassword(ctx, request);
    return { message: 'The password was changed. Every other login of the account has ended.' };
  }
}
