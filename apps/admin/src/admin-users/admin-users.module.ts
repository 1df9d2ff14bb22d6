import { Module } from '@nestjs/common';

import { AccountChanges } from './account-changes.js';
import { AdminSessionsRepository } from './logins/admin-sessions.repository.js';
import { AdminUsersController } from './admin-users.controller.js';
import { AdminUsersRepository } from './admin-users.repository.js';
import { AdminUsersService } from './admin-users.service.js';
import { ChangeRefusals } from './change-refusals.js';
import { LoginThrottle } from './passwords/login-throttle.js';
import { LoginsService } from './logins/logins.service.js';
import { OwnAccountController } from './logins/own-account.controller.js';
import { OwnAccountService } from './logins/own-account.service.js';
import { PasswordCheck } from './passwords/password-check.js';
import { Passwords } from './passwords/passwords.js';
import { SessionsController } from './logins/sessions.controller.js';
import { SessionsService } from './logins/sessions.service.js';
import { SetupService } from './logins/setup.service.js';

@Module({
  controllers: [OwnAccountController, SessionsController, AdminUsersController],
  providers: [
    AccountChanges,
    AdminSessionsRepository,
    AdminUsersRepository,
    AdminUsersService,
    ChangeRefusals,
    LoginThrottle,
    LoginsService,
    OwnAccountService,
    PasswordCheck,
    Passwords,
    SessionsService,
    SetupService,
  ],
})
export class AdminUsersModule {}
