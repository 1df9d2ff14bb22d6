import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Alerts and their deliveries are kept this long after their window ended, or after they were raised. */
const KEPT_FOR = '90 days';
const BATCH_MAX = 5_000;

/** Forgets old alerts. One whose window still runs stays, or it would be raised again. */
@Injectable()
export class AlertPurge {
  constructor(private readonly dataSource: DataSource) {}

  async purge(): Promise<void> {
    for (;;) {
      const [, count]: [unknown, number] = await this.dataSource.query(
        `DELETE FROM governance.alerts WHERE id IN (
           SELECT id FROM governance.alerts WHERE COALESCE(window_end_at, created_at) < now() - interval '${KEPT_FOR}' LIMIT ${BATCH_MAX})`,
      );
      if (count < BATCH_MAX) return;
    }
  }
}
