import { Module } from '@nestjs/common';

import { CustomerViews } from './customer-views.js';
import { CustomersController } from './customers.controller.js';
import { CustomersRepository } from './customers.repository.js';
import { CustomersService } from './customers.service.js';

@Module({ controllers: [CustomersController], providers: [CustomerViews, CustomersRepository, CustomersService] })
export class CustomersModule {}
