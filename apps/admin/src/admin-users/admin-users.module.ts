import { Module } from '@nestjs/common';

import { AdminSessionsRepository } from './admin-sessions.repository.js';
import { AdminUsersController } from './admin-users.controller.js';
import { AdminUsersRepository } from './admin-users.repository.js';
import { AdminUsersService } from './admin-users.service.js';
import { LoginThrottle } from './login-throttle.js';
import { LoginsService } from './logins.service.js';
import { OwnAccountController } from './own-account.controller.js';
import { OwnAccountService } from './own-account.service.js';
import { PasswordCheck } from './password-check.js';
import { Passwords } from './passwords.js';
import { SetupService } from './setup.service.js';

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
