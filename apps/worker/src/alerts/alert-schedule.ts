import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { WorkerConfig } from '../config.js';
import { PeriodicTasks } from '../scheduling/periodic-tasks.js';
import { WebhookDeliverer } from '../webhooks/webhook-deliverer.js';
import { AlertPurge } from './alert-purge.js';
import { BudgetWatch } from './budget-watch.js';

/** How often the backlog of webhooks is counted for the metrics. */
const BACKLOG_INTERVAL_MS = 15_000;
const HOUR_MS = 3_600_000;

/** What the worker does by the clock for alerts and those who hear of them. */
@Injectable()
export class AlertSchedule implements OnApplicationBootstrap {
  constructor(
    private readonly config: WorkerConfig,
    private readonly watch: BudgetWatch,
    private readonly deliverer: WebhookDeliverer,
    private readonly purge: AlertPurge,
    private readonly tasks: PeriodicTasks,
  ) {}

  onApplicationBootstrap(): void {
    this.tasks.start('budget-watch', this.config.PENSTOCK_BUDGET_WATCH_INTERVAL_MS, () => this.watch.lookAtAll());
    this.tasks.start('webhooks', this.config.PENSTOCK_WEBHOOK_INTERVAL_MS, () => this.deliverer.deliverDue());
    this.tasks.start('webhook-backlog', BACKLOG_INTERVAL_MS, () => this.deliverer.measure());
    this.tasks.start('purge-alerts', HOUR_MS, () => this.purge.purge());
  }
}
