import { Global, Module } from '@nestjs/common';

import { AlignedBudgets } from './aligned-budgets.js';
import { LimitBook } from './limit-book.js';
import { LimitReader } from './limit-reader.js';
import { LimitsById } from './limits-by-id.js';
import { LimitTenants } from './limit-tenants.js';
import { LimitsRepository } from './limits.repository.js';
import { LiveUsage } from './live-usage.js';
import { MovingLimits } from './moving-limits.js';
import { OwnedLimits } from './owned-limits.js';
import { ResettableLimits } from './resettable-limits.js';

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
