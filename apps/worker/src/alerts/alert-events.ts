import { Injectable } from '@nestjs/common';
import type { AlertEntity } from '@penstock/entities';
import { Metrics } from '@penstock/platform';

/** What operators see of alerts and their delivery: one method per event, none of which can fail. */
@Injectable()
export class AlertEvents {
  private readonly alerts;
  private readonly deliveries;
  private readonly pending;
  private readonly dead;

  constructor(metrics: Metrics) {
    this.alerts = metrics.counter({
      name: 'penstock_budget_alerts_total',
      help: 'Alerts that were raised: a threshold of a budget was reached, or it will not last its window.',
      labelNames: ['kind'],
    });
    this.deliveries = metrics.counter({
      name: 'penstock_webhook_deliveries_total',
      help: 'Attempts to deliver an alert: delivered, failed and to be tried again, or given up (dead).',
      labelNames: ['result'],
    });
    this.pending = metrics.gauge({
      name: 'penstock_webhook_deliveries_pending',
      help: 'Deliveries that wait for their first or next attempt.',
    });
    this.dead = metrics.gauge({
      name: 'penstock_webhook_deliveries_dead',
      help: 'Deliveries that were given up: the dead-letter list.',
    });
  }

  alertRaised(kind: AlertEntity['kind']): void {
    this.alerts.inc({ kind });
  }

  deliveryEnded(result: 'delivered' | 'failed' | 'dead'): void {
    this.deliveries.inc({ result });
  }

  backlogSeen(pending: number, dead: number): void {
    this.pending.set(pending);
    this.dead.set(dead);
  }
}
