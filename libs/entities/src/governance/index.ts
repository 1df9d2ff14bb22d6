import { AlertEntity } from './alert.entity.js';
import { AuditEntryEntity } from './audit-entry.entity.js';
import { BudgetEntity } from './budget.entity.js';
import { BudgetAttachmentEntity } from './budget-attachment.entity.js';
import { BudgetRaiseEntity } from './budget-raise.entity.js';
import { ModelConfigEntity } from './model-config.entity.js';
import { ProviderConfigEntity } from './provider-config.entity.js';
import { CustomerEntity } from './customer.entity.js';
import { OutboxMessageEntity } from './outbox-message.entity.js';
import { PriceOverrideEntity } from './price-override.entity.js';
import { RateLimitEntity } from './rate-limit.entity.js';
import { TeamEntity } from './team.entity.js';
import { TenantEntity } from './tenant.entity.js';
import { VirtualKeySecretEntity } from './virtual-key-secret.entity.js';
import { VirtualKeyEntity } from './virtual-key.entity.js';
import { WebhookDeliveryEntity } from './webhook-delivery.entity.js';
import { WebhookEntity } from './webhook.entity.js';

export * from './alert.entity.js';
export * from './audit-chain.js';
export * from './audit-entry.entity.js';
export * from './budget.entity.js';
export * from './budget-attachment.entity.js';
export * from './budget-raise.entity.js';
export * from './model-config.entity.js';
export * from './provider-config.entity.js';
export * from './customer.entity.js';
export * from './outbox-message.entity.js';
export * from './price-override.entity.js';
export * from './rate-limit.entity.js';
export * from './recorded-usage.js';
export * from './secret-uses.js';
export * from './team.entity.js';
export * from './tenant.entity.js';
export * from './virtual-key-secret.entity.js';
export * from './virtual-key.entity.js';
export * from './webhook-delivery.entity.js';
export * from './webhook.entity.js';
export * from './verify-audit-chain.js';
export * from './write-change.js';

/** Tables of the `governance` schema. */
export const governanceEntities = [
  AlertEntity,
  AuditEntryEntity,
  BudgetEntity,
  ProviderConfigEntity,
  ModelConfigEntity,
  BudgetRaiseEntity,
  BudgetAttachmentEntity,
  CustomerEntity,
  OutboxMessageEntity,
  PriceOverrideEntity,
  RateLimitEntity,
  TeamEntity,
  TenantEntity,
  VirtualKeyEntity,
  VirtualKeySecretEntity,
  WebhookDeliveryEntity,
  WebhookEntity,
];
