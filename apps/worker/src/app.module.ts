import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CREDIT_UPKEEP_QUEUE, QUEUE_PREFIX, USAGE_RECORD_QUEUE } from '@penstock/dto';
import { readNewestRecordedUsage } from '@penstock/entities';
import {
  AlertRecorder,
  CreditHolds,
  CreditLedger,
  CreditWithdrawals,
  JobBooks,
  JobCallAccounts,
  JobEnds,
  PoliciesRepository,
  PolicyChanges,
  TakenCredits,
  TenantLoader,
} from '@penstock/management';
import { AdmissionStore, PolicyDelivery, REDIS_COMMAND, REDIS_QUEUE_WORKER, RedisModule } from '@penstock/platform';
import type { Redis } from 'ioredis';
import { DataSource } from 'typeorm';

import { AlertEvents } from './alerts/alert-events.js';
import { AlertPurge } from './alerts/alert-purge.js';
import { AlertSchedule } from './alerts/alert-schedule.js';
import { BudgetWatch } from './alerts/budget-watch.js';
import { CreditEvents } from './credits/credit-events.js';
import { CreditExpiries } from './credits/credit-expiries.js';
import { CreditRefills } from './credits/credit-refills.js';
import { CreditSchedule } from './credits/credit-schedule.js';
import { CreditUpkeep } from './credits/credit-upkeep.js';
import { CreditUpkeepProcessor } from './credits/credit-upkeep.processor.js';
import { DatabaseModule } from './database/database.module.js';
import { JobSweeper } from './jobs/job-sweeper.js';
import { PartitionKeeper } from './partitions/partition-keeper.js';
import { CounterPruner } from './pruning/counter-pruner.js';
import { WindowPruner } from './pruning/window-pruner.js';
import { QueueRunner } from './queues/queue-runner.js';
import { UsageQueue } from './queues/usage-queue.js';
import { OutboxRelay } from './relay/outbox-relay.js';
import { PeriodicTasks } from './scheduling/periodic-tasks.js';
import { Scheduler } from './scheduling/scheduler.js';
import { HoldSweeper } from './sweeps/hold-sweeper.js';
import { OutboxSweeper } from './sweeps/outbox-sweeper.js';
import { SweepsService } from './sweeps/sweeps.service.js';
import { UsageOutbox } from './usage/usage-outbox.js';
import { UsageRecordProcessor } from './usage/usage-record.processor.js';
import { UsageRecorder } from './usage/usage-recorder.js';
import { WebhookDeliverer } from './webhooks/webhook-deliverer.js';
import { webhookSenderProvider } from './webhooks/webhook-sender.provider.js';
import { WorkerEvents } from './worker-events.js';

/** Nobody waits for the worker, so its commands may take their time; they must still end. */
const COMMAND_TIMEOUT_MS = 5_000;

@Module({
  imports: [
    DiscoveryModule,
    RedisModule.forRoot({
      roles: ['command', 'queue-worker'],
      critical: true,
      connections: { command: { commandTimeoutMs: COMMAND_TIMEOUT_MS } },
    }),
    DatabaseModule,
    BullModule.forRootAsync({
      inject: [REDIS_QUEUE_WORKER],
      useFactory: (connection: Redis) => ({ connection, prefix: QUEUE_PREFIX }),
    }),
    BullModule.registerQueue({ name: USAGE_RECORD_QUEUE }, { name: CREDIT_UPKEEP_QUEUE }),
  ],
  providers: [
    WorkerEvents,
    {
      provide: AdmissionStore,
      inject: [REDIS_COMMAND],
      useFactory: (redis: Redis) => new AdmissionStore(redis, { deadlineMs: COMMAND_TIMEOUT_MS }),
    },
    {
      provide: PolicyDelivery,
      inject: [REDIS_COMMAND, AdmissionStore, DataSource],
      useFactory: (redis: Redis, store: AdmissionStore, dataSource: DataSource) =>
        new PolicyDelivery(redis, store, (limitKeys) => readNewestRecordedUsage(dataSource.manager, limitKeys)),
    },
    PoliciesRepository,
    TenantLoader,
    PolicyChanges,
    CreditHolds,
    CreditLedger,
    CreditWithdrawals,
    TakenCredits,
    JobBooks,
    JobCallAccounts,
    JobEnds,
    JobSweeper,
    UsageOutbox,
    UsageRecorder,
    UsageRecordProcessor,
    UsageQueue,
    HoldSweeper,
    OutboxSweeper,
    SweepsService,
    OutboxRelay,
    CounterPruner,
    WindowPruner,
    PartitionKeeper,
    AlertEvents,
    AlertRecorder,
    BudgetWatch,
    webhookSenderProvider,
    WebhookDeliverer,
    AlertPurge,
    CreditEvents,
    CreditRefills,
    CreditExpiries,
    CreditUpkeep,
    CreditUpkeepProcessor,
    QueueRunner,
    PeriodicTasks,
    Scheduler,
    AlertSchedule,
    CreditSchedule,
  ],
})
export class AppModule {}
