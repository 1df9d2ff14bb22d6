import { Inject, Injectable } from '@nestjs/common';
import { type Clock, parseCounterId, planLimits, standingsOf, unitOfKey, type Window } from '@penstock/domain';
import { AlertRecorder, type NewBudgetAlert } from '@penstock/management';
import { CLOCK, LOGGER, type Logger, Shutdown } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { AlertEvents } from './alert-events.js';
import { evaluateBudget, type BudgetState } from './evaluate-budget.js';
import { instantsToJudge, type TouchedWindow } from './instants-to-judge.js';
import { readWatchedBudgets, type WatchedBudget } from './watched-budgets.js';

/** What is charged within this time is looked at together. */
const DEBOUNCE_MS = 250;

/**
 * Looks at budgets after they were charged to, and at all of them now and then, and raises what there is to raise.
 * It reads what is settled in the ledger. That a worker dies between the two costs nothing but time.
 */
@Injectable()
export class BudgetWatch {
  private touched = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  /** One look at a time: the next one sees what the one before has raised. */
  private running: Promise<void> = Promise.resolve();
  /** Alerts known to be in the table, so that a budget beyond its thresholds costs no write each time it is used. */
  private raised = new Set<string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly recorder: AlertRecorder,
    private readonly events: AlertEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    shutdown: Shutdown,
  ) {
    shutdown.register('flush', 'budget watch', () => this.flush());
  }

  /** These counters were charged to. Returns at once; never throws. */
  note(counterIds: Iterable<string>): void {
    for (const id of counterIds) if (unitOfKey(id) === 'nano_usd') this.touched.add(id);
    if (this.touched.size > 0) this.timer ??= setTimeout(() => void this.flush(), DEBOUNCE_MS);
  }

  /** Looks at what was charged to since the last time. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return this.inTurn(async () => {
      const { touched } = this;
      this.touched = new Set();
      try {
        await this.look(touched);
      } catch (error) {
        // The pass over all budgets finds what is missed here.
        this.logger.warn({ err: error, counters: touched.size }, 'budgets could not be looked at after usage');
      }
    });
  }

  /** Looks at every budget that has thresholds. Rejects when PostgreSQL is away. */
  lookAtAll(): Promise<void> {
    return this.inTurn(() => this.look(undefined));
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.running.then(work);
    this.running = result.catch(() => undefined);
    return result;
  }

  private async look(counterIds: ReadonlySet<string> | undefined): Promise<void> {
    if (counterIds?.size === 0) return;
    const nowMs = this.clock.now();
    const touched = counterIds === undefined ? undefined : windowsByLimit(counterIds);
    const seqs = touched === undefined ? undefined : [...touched.keys()].map(seqOfKey);
    const { manager } = this.dataSource;
    const budgets = await readWatchedBudgets(manager, seqs);
    const states = await readStates(manager, budgets, touched, nowMs);
    const alerts = states.flatMap((state) => evaluateBudget(state, nowMs));
    await this.raise(alerts.filter((alert) => !this.raised.has(keyOf(alert))));
    // What is still the case is remembered, and nothing else: memory stays in proportion to the budgets.
    if (touched === undefined) this.raised = new Set(alerts.map(keyOf));
    else for (const alert of alerts) this.raised.add(keyOf(alert));
  }

  private async raise(alerts: readonly NewBudgetAlert[]): Promise<void> {
    if (alerts.length === 0) return;
    const now = new Date(this.clock.now());
    const raised = await this.dataSource.transaction((tx) => this.recorder.record(tx, alerts, now));
    for (const { id, tenantId, kind } of raised) {
      this.events.alertRaised(kind);
      this.logger.info({ alertId: id, tenantId, kind }, 'an alert of a budget was raised');
    }
  }
}

/** Which windows of which limits the counters belong to. */
function windowsByLimit(counterIds: Iterable<string>): Map<string, TouchedWindow[]> {
  const windows = new Map<string, TouchedWindow[]>();
  for (const id of counterIds) {
    const { limitKey, generation, windowStartMs } = parseCounterId(id);
    const window = { generation, windowStartMs };
    const known = windows.get(limitKey);
    if (known === undefined) windows.set(limitKey, [window]);
    else known.push(window);
  }
  return windows;
}

/** The number of a limit's row: base 36 behind the letter of its unit. */
function seqOfKey(key: string): bigint {
  let seq = 0n;
  for (const digit of key.slice(1)) seq = seq * 36n + BigInt(Number.parseInt(digit, 36));
  return seq;
}

async function readStates(
  manager: EntityManager,
  budgets: readonly WatchedBudget[],
  touched: ReadonlyMap<string, readonly TouchedWindow[]> | undefined,
  nowMs: number,
): Promise<BudgetState[]> {
  const judged = budgets.flatMap((budget) => {
    const { limit, updatedAtMs } = budget;
    const windows = touched === undefined ? undefined : (touched.get(limit.key) ?? []);
    return instantsToJudge({ limit, updatedAtMs, touched: windows, nowMs }).map((atMs) => ({
      budget,
      plan: planLimits([limit], 0, atMs),
    }));
  });
  const used = await readUsed(
    manager,
    judged.flatMap(({ plan }) => plan.counterIds),
  );
  return judged.flatMap(({ budget, plan }) => {
    const totals = plan.counterIds.map((id) => used.get(id) ?? 0n);
    const window = plan.windows[0] as Window;
    return standingsOf(plan, totals).map((standing) => ({
      budgetId: budget.id,
      tenantId: budget.tenantId,
      limitKey: budget.limit.key,
      generation: budget.limit.generation,
      window,
      usedNanoUsd: standing.used,
      capNanoUsd: standing.cap,
      thresholds: budget.thresholds,
      owners: budget.owners,
    }));
  });
}

async function readUsed(manager: EntityManager, counterIds: readonly string[]): Promise<Map<string, bigint>> {
  const rows: { id: string; used: string }[] = await manager.query(
    'SELECT counter_id AS id, used FROM ledger.limit_windows WHERE counter_id = ANY($1)',
    [counterIds],
  );
  return new Map(rows.map(({ id, used }) => [id, BigInt(used)]));
}

function keyOf({ limitKey, generation, windowStartAt, kind, thresholdPercent }: NewBudgetAlert): string {
  return [limitKey, generation, windowStartAt.getTime(), kind, thresholdPercent].join(' ');
}
