import { Global, Module } from '@nestjs/common';

import { AttachmentsRepository } from './attachments.repository.js';
import { PlacedMembers } from './placed-members.js';
import { SharedBudgetNames } from './shared-budget-names.js';
import { SharedBudgets } from './shared-budgets.js';

const services = [AttachmentsRepository, SharedBudgetNames, SharedBudgets];

/** Budgets from which several keys and teams spend. */
@Global()
@Module({ providers: [...services, PlacedMembers], exports: services })
export class SharedBudgetsModule {}
