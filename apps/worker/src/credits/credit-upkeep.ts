import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '@penstock/domain';
import { CreditWithdrawals } from '@penstock/management';
import { CLOCK } from '@penstock/platform';

import { CreditEvents } from './credit-events.js';
import { CreditExpiries } from './credit-expiries.js';
import { CreditRefills } from './credit-refills.js';
import { systemContext } from './system-context.js';

/** Everything about credits that is done because it is time. Safe to run in several workers at once. */
@Injectable()
export class CreditUpkeep {
  constructor(
    private readonly refills: CreditRefills,
    private readonly expiries: CreditExpiries,
    private readonly withdrawals: CreditWithdrawals,
    private readonly events: CreditEvents,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** One part that fails keeps no other from being done. */
  async run(): Promise<void> {
    const parts = [() => this.refills.run(), () => this.expiries.run(), () => this.release()];
    const failures: unknown[] = [];
    for (const part of parts) {
      try {
        await part();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Some credits could not be seen to.');
  }

  private async release(): Promise<void> {
    const count = await this.withdrawals.releaseAbandoned(systemContext(this.clock.now()));
    if (count > 0) this.events.released(count);
  }
}
