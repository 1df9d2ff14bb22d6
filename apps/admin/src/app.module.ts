import { Module } from '@nestjs/common';
import { OperatorAuthModule } from '@penstock/platform';

import { AdminConfig } from './config.js';
import { DatabaseModule } from './database/database.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';

@Module({
  imports: [
    DatabaseModule,
    OperatorAuthModule.forRootAsync({
      inject: [AdminConfig],
      useFactory: (config: AdminConfig) => ({ masterKey: config.MASTER_KEY }),
    }),
    OrganizationsModule,
  ],
})
export class AppModule {}
