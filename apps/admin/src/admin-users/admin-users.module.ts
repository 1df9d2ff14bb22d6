import { Module } from '@nestjs/common';

import { AdminSessionsRepository } from './logins/admin-sessions.repository.js';
import { AdminUsersController } from './admin-users.controller.js';
import { AdminUsersRepository } from './admin-users.repository.js';
import { AdminUsersService } from './admin-users.service.js';
import { LoginThrottle } from './passwords/login-throttle.js';
import { LoginsService } from './logins/logins.service.js';
import { OwnAccountController } from './logins/own-account.controller.js';
import { OwnAccountService } from './logins/own-account.service.js';
import { PasswordCheck } from './passwords/password-check.js';
import { Passwords } from './passwords/passwords.js';
import { SetupService } from './logins/setup.service.js';

@Module({
  controllers: [OwnAccountController, AdminUsersController],
  providers: [
    AdminSessionsRepository,
    AdminUsersRepository,
    AdminUsersService,
    LoginThrottle,
    LoginsService,
    OwnAccountService,
    PasswordCheck,
    Passwords,
    SetupService,
  ],
})
export class AdminUsersModule {}
