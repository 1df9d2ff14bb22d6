import {
  type ChargedCounters,
  type CounterPlan,
  parseReserveReply,
  type ReserveOp,
  type ReserveOutcome,
  type SettleOp,
  type SettleOutcome,
  type UnitAmounts,
} from './admission-outcome.js';

/** An operation and who waits for it. */
export interface Pending<Op, Outcome> {
  readonly op: Op;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Unit of a counter as the script numbers it, by the first character of the counter's id. */
const UNIT_OF_LETTER: Readonly<Record<string, number>> = { q: 1, t: 2, c: 3, i: 4, o: 5, n: 6, k: 7, m: 8 };
/** Units up to this are in every operation; the others only where a limit of the plan counts them. */
const COMMON_UNITS = 3;
/** Those of limits; the others are credits. */
const LIMIT_UNITS = 6;

interface PlanText {
  readonly json: string;
  /** The highest number of a unit that the plan counts. */
  readonly unitMax: number;
}

/** Plans live as long as their windows, and most calls of a batch share one: its text is made once. */
const planTexts = new WeakMap<object, PlanText>();

/**
 * What concurrent calls of one tenant asked for, as the arguments of one script call, and its reply taken apart.
 *
 * Hot path. The JSON is put together by hand: ids, amounts and counter ids need no escaping.
 */
export class AdmissionBatch {
  readonly args: string[];
  private readonly plans: ChargedCounters[] = [];
  private readonly totals = new Map<object, readonly string[]>();

  constructor(
    readonly settles: readonly Pending<SettleOp, SettleOutcome>[],
    readonly reserves: readonly Pending<ReserveOp, ReserveOutcome>[],
    /** Holds of earlier batches whose requests leave as soon as this one is written. */
    dispatched: readonly string[] = [],
  ) {
    const payloads: string[] = [];
    const ends: string[] = [];
    const begins: string[] = [];
    for (const { op } of settles) {
      ends.push(opText(op.holdId, this.indexOf(op.plan), op.deltas, planText(op.plan)));
      payloads.push(op.outboxEntry);
    }
    for (const { op } of reserves) {
      begins.push(opText(op.holdId, this.indexOf(op.plan), op.amounts, planText(op.plan)));
      payloads.push(op.holdRecord);
    }
    const plans = this.plans.map((plan) => planText(plan).json).join(',');
    const marks = dispatched.length === 0 ? '' : `"${dispatched.join('","')}"`;
    this.args = [`{"p":[${plans}],"d":[${marks}],"s":[${ends.join(',')}],"r":[${begins.join(',')}]}`, ...payloads];
  }

  /** Ids of the holds that the reply admitted. */
  admitted(reply: readonly string[]): string[] {
    const ids: string[] = [];
    for (let index = 0; index < this.reserves.length; index += 1) {
      if (reply[this.settles.length + index] === 'A') ids.push(this.reserves[index]!.op.holdId);
    }
    return ids;
  }

  /** Tells everybody but those whose calls were admitted, who are told by {@link dispatch}. */
  deliver(reply: readonly string[]): void {
    for (let index = 0; index < this.settles.length; index += 1) {
      this.settles[index]!.resolve(reply[index] === '1' ? 'settled' : 'missing');
    }
    for (let index = 0; index < this.reserves.length; index += 1) {
      if (reply[this.settles.length + index] !== 'A') this.resolveReserve(index, reply);
    }
  }

  /** Tells those whose calls were admitted: they send their requests now. */
  dispatch(reply: readonly string[]): void {
    for (let index = 0; index < this.reserves.length; index += 1) {
      if (reply[this.settles.length + index] === 'A') this.resolveReserve(index, reply);
    }
  }

  fail(error: unknown): void {
    for (const { reject } of this.settles) reject(error);
    for (const { reject } of this.reserves) reject(error);
  }

  private resolveReserve(index: number, reply: readonly string[]): void {
    const { op, resolve } = this.reserves[index]!;
    const firstTotal = this.settles.length + this.reserves.length;
    resolve(parseReserveReply(reply[this.settles.length + index]!, () => this.totalsOf(op.plan, reply, firstTotal)));
  }

  /** Number of a plan in this batch, from 1. A batch has few plans, mostly one. */
  private indexOf(plan: ChargedCounters): number {
    const known = this.plans.indexOf(plan);
    return known === -1 ? this.plans.push(plan) : known + 1;
  }

  /** Totals of a plan's counters. The script numbers the fields of all plans in the order of their appearance. */
  private totalsOf(plan: CounterPlan, reply: readonly string[], firstTotal: number): readonly string[] {
    if (this.totals.size === 0) {
      const positions = new Map<string, number>();
      for (const known of this.plans) {
        for (const counterId of countersOf(known))
          if (!positions.has(counterId)) positions.set(counterId, positions.size);
      }
      for (const known of this.plans) {
        this.totals.set(
          known,
          countersOf(known).map((counterId) => reply[firstTotal + positions.get(counterId)!]!),
        );
      }
    }
    return this.totals.get(plan)!;
  }
}

function opText(holdId: string, planIndex: number, amounts: UnitAmounts, { unitMax }: PlanText): string {
  const common = `["${holdId}",${planIndex},"${amounts.requests}","${amounts.tokens}","${amounts.costNanoUsd}"`;
  if (unitMax <= COMMON_UNITS) return `${common}]`;
  const limited = `${common},"${amounts.inputTokens}","${amounts.outputTokens}","${amounts.concurrentRequests}"`;
  if (unitMax <= LIMIT_UNITS) return `${limited}]`;
  return `${limited},"${amounts.credits}","${amounts.microCredits}"]`;
}

/** The credits and the job, where a call is charged to both; from 1. */
function jobPositions(chargedIds: readonly string[]): readonly [limit: number, position: number] | undefined {
  const position = chargedIds.findIndex((counterId) => counterId[0] === 'm');
  if (position === -1) return undefined;
  return [chargedIds.findIndex((counterId) => counterId[0] === 'k') + 1, position + 1];
}

function countersOf({ counterIds, chargedIds }: ChargedCounters): readonly string[] {
  return counterIds ?? chargedIds;
}

/** A settlement needs no epoch, window or cap: it goes to the counters of its hold, whatever changed since. */
function planText(plan: ChargedCounters): PlanText {
  let text = planTexts.get(plan);
  if (text === undefined) {
    const { chargedIds, history = [], rollovers = [] } = plan;
    const units = chargedIds.map((counterId) => UNIT_OF_LETTER[counterId[0]!]!);
    // Lua counts from 1.
    const read = history.flatMap((positions, limit) =>
      positions.length === 0 ? [] : [[limit + 1, ...positions.map((position) => position + 1)]],
    );
    const job = jobPositions(chargedIds);
    const carried = rollovers.map(({ limit, position, base, max }) => [limit + 1, position + 1, base, max]);
    text = {
      json: JSON.stringify({
        e: String(plan.epoch ?? 0),
        a: plan.validFromMs ?? 0,
        b: plan.validUntilMs ?? 0,
        f: countersOf(plan),
        u: units,
        c: plan.caps ?? chargedIds.map(() => '0'),
        ...(read.length === 0 ? {} : { h: read }),
        ...(carried.length === 0 ? {} : { r: carried }),
        ...(job === undefined ? {} : { j: job }),
      }),
      unitMax: Math.max(0, ...units),
    };
    planTexts.set(plan, text);
  }
  return text;
}
