import { Global, Module } from '@nestjs/common';

import { AdminManaged } from './admin-managed.js';
import { OwnerLocks } from './owner-locks.js';
import { OwnerSummaries } from './owner-summaries.js';
import { ParentLocks } from './parent-locks.js';

const services = [AdminManaged, OwnerLocks, OwnerSummaries, ParentLocks];

/** How keys, teams and customers stand to each other. */
@Global()
@Module({ providers: services, exports: services })
export class OwnersModule {}
