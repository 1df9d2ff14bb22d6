import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger, Metrics } from '@penstock/platform';

/** What operators see of credits that move by the clock: one method per event, none of which can fail. */
@Injectable()
export class CreditEvents {
  private readonly moved;

  constructor(
    metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.moved = metrics.counter({
      name: 'penstock_credit_upkeep_total',
      help: 'Bookings that were due: refills, and what was taken back of grants that expired.',
      labelNames: ['type'],
    });
  }

  refilled(accountId: string, credits: bigint): void {
    this.moved.inc({ type: 'refill' });
    this.logger.info({ accountId, credits: credits.toString() }, 'an account was refilled');
  }

  expired(accountId: string, credits: bigint): void {
    this.moved.inc({ type: 'expiry' });
    this.logger.info({ accountId, credits: credits.toString() }, 'credits have expired');
  }

  released(holds: number): void {
    this.logger.warn({ holds }, 'credits were freed that a withdrawal had left held');
  }
}
