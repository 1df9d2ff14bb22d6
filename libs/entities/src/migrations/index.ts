import { CreateSchemas1795392000000 } from './1795392000000-create-schemas.js';
import { CreateGovernance1795392010000 } from './1795392010000-create-governance.js';
import { CreateLedger1795392100000 } from './1795392100000-create-ledger.js';
import { CreateSaas1795392200000 } from './1795392200000-create-saas.js';
import { KeyLifecycle1795392300000 } from './1795392300000-key-lifecycle.js';
import { CreateAdminUsers1795392310000 } from './1795392310000-create-admin-users.js';
import { CreateWebhooks1795392320000 } from './1795392320000-create-webhooks.js';
import { ExtendLimits1795392330000 } from './1795392330000-extend-limits.js';
import { CreateTeamsAndCredits1795392400000 } from './1795392400000-create-teams-and-credits.js';
import { CreateModelCatalogue1795392410000 } from './1795392410000-create-model-catalogue.js';
import { AuditReads1795392420000 } from './1795392420000-audit-reads.js';
import { CreateProviderCredentials1795392430000 } from './1795392430000-create-provider-credentials.js';
import { CreatePriceBook1795392440000 } from './1795392440000-create-price-book.js';
import { CreditOperations1795392450000 } from './1795392450000-credit-operations.js';
import { CreateJobs1795392460000 } from './1795392460000-create-jobs.js';
import { CreateUsageRollups1795392470000 } from './1795392470000-create-usage-rollups.js';

/** In the order in which they run; timestamps strictly increase. */
export const migrations = [
  CreateSchemas1795392000000,
  CreateGovernance1795392010000,
  CreateLedger1795392100000,
  CreateSaas1795392200000,
  KeyLifecycle1795392300000,
  CreateAdminUsers1795392310000,
  CreateWebhooks1795392320000,
  ExtendLimits1795392330000,
  CreateTeamsAndCredits1795392400000,
  CreateModelCatalogue1795392410000,
  AuditReads1795392420000,
  CreateProviderCredentials1795392430000,
  CreatePriceBook1795392440000,
  CreditOperations1795392450000,
  CreateJobs1795392460000,
  CreateUsageRollups1795392470000,
] as const;
