import { Module } from '@nestjs/common';
import { AddressPolicy, parseNetworks, SecretBox, Shutdown, WebhookSender } from '@penstock/platform';

import { GovernanceConfig } from '../config.js';
import { WebhookDeliveriesController } from './webhook-deliveries.controller.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookOwners } from './webhook-owners.js';
import { WebhookTester } from './webhook-tester.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksRepository } from './webhooks.repository.js';
import { WebhooksService } from './webhooks.service.js';

/** Who hears of alerts, and what became of what they were to hear. The worker sends. */
@Module({
  controllers: [WebhooksController, WebhookDeliveriesController],
  providers: [
    {
      provide: AddressPolicy,
      inject: [GovernanceConfig],
      useFactory: (config: GovernanceConfig) =>
        new AddressPolicy(parseNetworks(config.PENSTOCK_WEBHOOK_ALLOWED_NETWORKS)),
    },
    {
      provide: WebhookSender,
      inject: [AddressPolicy, SecretBox, Shutdown],
      useFactory: (policy: AddressPolicy, box: SecretBox, shutdown: Shutdown) => {
        const sender = new WebhookSender(policy, box);
        shutdown.register('close', 'webhook sender', () => sender.close());
        return sender;
      },
    },
    WebhooksRepository,
    WebhookOwners,
    WebhooksService,
    WebhookTester,
    WebhookDeliveriesService,
  ],
})
export class WebhooksModule {}
