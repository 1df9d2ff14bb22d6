import { CreditAccountEntity } from './credit-account.entity.js';
import { CreditBurnEntity, CreditGrantEntity } from './credit-grant.entity.js';
import { CreditHoldEntity } from './credit-hold.entity.js';
import { CreditEntryEntity, CreditTransferEntity } from './credit-transfer.entity.js';

export * from './credit-account.entity.js';
export * from './credit-counters.js';
export * from './credit-grant.entity.js';
export * from './credit-hold.entity.js';
export * from './credit-transfer.entity.js';

/** Tables of the credits. */
export const creditEntities = [
  CreditAccountEntity,
  CreditBurnEntity,
  CreditEntryEntity,
  CreditGrantEntity,
  CreditHoldEntity,
  CreditTransferEntity,
];
