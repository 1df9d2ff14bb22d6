import type { LoadOrder, LoadResult } from './load-generator.js';
import type { BenchOptions } from './options.js';
import { waitUntilAccounted } from './quiescence.js';
import { PLAIN_BODY } from './request-body.js';
import { targetsOf, type System, type Target } from './system.js';
import type { Tenant } from './tenant.js';

const ACCOUNTING_TIMEOUT_MS = 120_000;

/** One benchmark in progress: the system, the main tenant and what the gateway has answered so far. */
export class BenchRun {
  readonly targets: { readonly direct: Target; readonly relay: Target; readonly gateway: Target };
  /** Calls that the gateway answered with 200: what provider and ledger must agree with. */
  expectedCalls = 0;
  readonly problems: string[] = [];

  constructor(
    readonly system: System,
    readonly options: BenchOptions,
    readonly tenant: Tenant,
  ) {
    this.targets = targetsOf(system, tenant.virtualKey);
  }

  /** Generates a load of plain calls, or of `order.body`, and keeps the books. */
  async load(
    name: keyof BenchRun['targets'],
    order: Partial<LoadOrder> & Pick<LoadOrder, 'concurrency'>,
  ): Promise<LoadResult> {
    const result = await this.system.load.run({ body: PLAIN_BODY, ...this.targets[name], ...order });
    const served = result.statuses['200'] ?? 0;
    if (name === 'gateway') this.expectedCalls += served;
    if (served !== result.calls || result.brokenCalls > 0) {
      this.problems.push(`${name}: ${JSON.stringify(result.statuses)}, ${result.brokenCalls} broken`);
    }
    return result;
  }

  /** Until the ledger has caught up: the backlog of one part must not be paid for by the next. */
  async settle(): Promise<void> {
    await waitUntilAccounted(this.system.redis, this.tenant.customerId, ACCOUNTING_TIMEOUT_MS);
  }
}
