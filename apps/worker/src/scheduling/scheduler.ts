import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { LOGGER, type Logger, Shutdown } from '@penstock/platform';

import { WorkerConfig } from '../config.js';
import { PartitionKeeper } from '../partitions/partition-keeper.js';
import { CounterPruner } from '../pruning/counter-pruner.js';
import { OutboxRelay } from '../relay/outbox-relay.js';
import { SweepsService } from '../sweeps/sweeps.service.js';
import { WorkerEvents } from '../worker-events.js';
import { PeriodicTask } from './periodic-task.js';

const HOUR_MS = 3_600_000;

/** Everything the worker does by the clock. Each task is safe to run in several workers at once. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap {
  constructor(
    private readonly config: WorkerConfig,
    private readonly sweeps: SweepsService,
    private readonly relay: OutboxRelay,
    private readonly pruner: CounterPruner,
    private readonly partitions: PartitionKeeper,
    private readonly events: WorkerEvents,
    private readonly shutdown: Shutdown,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule('sweep', this.config.PENSTOCK_SWEEP_INTERVAL_MS, () => this.sweeps.sweepInTurn());
    this.schedule('relay', this.config.PENSTOCK_RELAY_INTERVAL_MS, () => this.relay.relay());
    this.schedule('prune', this.config.PENSTOCK_PRUNE_INTERVAL_MS, () => this.pruner.pruneInTurn());
    this.schedule('partitions', HOUR_MS, () => this.partitions.ensure());
    this.schedule('purge', HOUR_MS, () => this.relay.purge());
  }

  private schedule(name: string, intervalMs: number, run: () => Promise<unknown>): void {
    const onRan = (task: string, result: 'ok' | 'failed'): void => this.events.taskRan(task, result);
    const task = new PeriodicTask({ name, intervalMs, run, onRan, logger: this.logger });
    this.shutdown.register('stop', `task ${name}`, () => task.stop());
    task.start();
  }
}
