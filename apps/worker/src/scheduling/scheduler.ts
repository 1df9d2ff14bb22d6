import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { WorkerConfig } from '../config.js';
import { JobSweeper } from '../jobs/job-sweeper.js';
import { PartitionKeeper } from '../partitions/partition-keeper.js';
import { CounterPruner } from '../pruning/counter-pruner.js';
import { WindowPruner } from '../pruning/window-pruner.js';
import { OutboxRelay } from '../relay/outbox-relay.js';
import { SweepsService } from '../sweeps/sweeps.service.js';
import { PeriodicTasks } from './periodic-tasks.js';

const HOUR_MS = 3_600_000;

/** What the worker does by the clock to keep Redis and PostgreSQL in step. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap {
  constructor(
    private readonly config: WorkerConfig,
    private readonly sweeps: SweepsService,
    private readonly jobs: JobSweeper,
    private readonly relay: OutboxRelay,
    private readonly pruner: CounterPruner,
    private readonly windows: WindowPruner,
    private readonly partitions: PartitionKeeper,
    private readonly tasks: PeriodicTasks,
  ) {}

  onApplicationBootstrap(): void {
    this.tasks.start('sweep', this.config.PENSTOCK_SWEEP_INTERVAL_MS, () => this.sweeps.sweepInTurn());
    this.tasks.start('sweep-jobs', this.config.PENSTOCK_SWEEP_INTERVAL_MS, () => this.jobs.sweepInTurn());
    this.tasks.start('relay', this.config.PENSTOCK_RELAY_INTERVAL_MS, () => this.relay.relay());
    this.tasks.start('prune', this.config.PENSTOCK_PRUNE_INTERVAL_MS, () => this.pruner.pruneInTurn());
    this.tasks.start('prune-windows', HOUR_MS, () => this.windows.prune());
    this.tasks.start('partitions', HOUR_MS, () => this.partitions.ensure());
    this.tasks.start('purge', HOUR_MS, () => this.relay.purge());
  }
}
