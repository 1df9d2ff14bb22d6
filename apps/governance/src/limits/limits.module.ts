import { Global, Module } from '@nestjs/common';

import { AlignedBudgets } from './changes/aligned-budgets.js';
import { LimitBook } from './answers/limit-book.js';
import { LimitReader } from './answers/limit-reader.js';
import { LimitsById } from './limits-by-id.js';
import { LimitTenants } from './limit-tenants.js';
import { LimitsRepository } from './limits.repository.js';
import { LiveUsage } from './answers/live-usage.js';
import { MovingLimits } from './changes/moving-limits.js';
import { OwnedLimits } from './changes/owned-limits.js';
import { ResettableLimits } from './changes/resettable-limits.js';

const services = [
  AlignedBudgets,
  LimitBook,
  LimitReader,
  LimitTenants,
  LimitsById,
  LimitsRepository,
  LiveUsage,
  MovingLimits,
  OwnedLimits,
  ResettableLimits,
];

/** Budgets and rate limits as every entity carries them. */
@Global()
@Module({ providers: services, exports: services })
export class LimitsModule {}
