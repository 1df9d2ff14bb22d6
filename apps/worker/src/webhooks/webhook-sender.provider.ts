import type { FactoryProvider } from '@nestjs/common';
import {
  AddressPolicy,
  parseEncryptionKeys,
  parseNetworks,
  SecretBox,
  Shutdown,
  WebhookSender,
} from '@penstock/platform';

import { WorkerConfig } from '../config.js';

/** The sender, with the keys that open signing secrets and the addresses that it may connect to. */
export const webhookSenderProvider: FactoryProvider<WebhookSender> = {
  provide: WebhookSender,
  inject: [WorkerConfig, Shutdown],
  useFactory: (config: WorkerConfig, shutdown: Shutdown) => {
    const policy = new AddressPolicy(parseNetworks(config.PENSTOCK_WEBHOOK_ALLOWED_NETWORKS));
    const sender = new WebhookSender(policy, new SecretBox(parseEncryptionKeys(config.PENSTOCK_ENCRYPTION_KEYS)));
    shutdown.register('close', 'webhook sender', () => sender.close());
    return sender;
  },
};
