import { Module } from '@nestjs/common';

import { BookingsController } from './bookings/bookings.controller.js';
import { BookingsService } from './bookings/bookings.service.js';
import { CreditAccounts } from './credit-accounts.js';
import { CreditTransactions } from './credit-transactions.js';
import { CreditsController } from './credits.controller.js';
import { CreditsService } from './credits.service.js';
import { SettingsController } from './settings/settings.controller.js';
import { SettingsService } from './settings/settings.service.js';

/** What teams have to spend. */
@Module({
  controllers: [CreditsController, BookingsController, SettingsController],
  providers: [CreditAccounts, CreditTransactions, CreditsService, BookingsService, SettingsService],
  exports: [CreditsService],
})
export class CreditsModule {}
