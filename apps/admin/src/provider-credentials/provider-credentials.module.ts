import { Module } from '@nestjs/common';
import { AddressPolicy, parseNetworks } from '@penstock/platform';

import { AdminConfig } from '../config.js';
import { ProviderCredentialsController } from './provider-credentials.controller.js';
import { ProviderCredentialsRepository } from './provider-credentials.repository.js';
import { ProviderCredentialsService } from './provider-credentials.service.js';

/** Keys of providers that organizations bring themselves. The gateways call with them. */
@Module({
  controllers: [ProviderCredentialsController],
  providers: [
    {
      provide: AddressPolicy,
      inject: [AdminConfig],
      useFactory: (config: AdminConfig) =>
        new AddressPolicy(
          parseNetworks(config.PENSTOCK_PROVIDER_ALLOWED_NETWORKS),
          'PENSTOCK_PROVIDER_ALLOWED_NETWORKS',
        ),
    },
    ProviderCredentialsRepository,
    ProviderCredentialsService,
  ],
})
export class ProviderCredentialsModule {}
