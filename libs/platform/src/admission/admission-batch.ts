import {
  type CounterPlan,
  parseReserveReply,
  type ReserveOp,
  type ReserveOutcome,
  type SettleOp,
  type SettleOutcome,
} from './admission-outcome.js';

/** An operation and who waits for it. */
export interface Pending<Op, Outcome> {
  readonly op: Op;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

interface NumberedPlan {
  readonly index: number;
  readonly fieldIndexes: number[];
  totals: readonly string[] | undefined;
}

/** Unit of a counter as the script numbers it, by the first character of the counter's id. */
const UNIT_OF_LETTER: Readonly<Record<string, number>> = { q: 1, t: 2, c: 3 };

/** What concurrent calls of one tenant asked for, as the arguments of one script call, and its reply taken apart. */
export class AdmissionBatch {
  readonly args: (string | number)[] = [];
  private readonly fields = new Map<string, number>();
  private readonly plans = new Map<Pick<CounterPlan, 'counterIds'>, NumberedPlan>();

  constructor(
    readonly settles: readonly Pending<SettleOp, SettleOutcome>[],
    readonly reserves: readonly Pending<ReserveOp, ReserveOutcome>[],
  ) {
    const planArgs: (string | number)[] = [];
    const opArgs: (string | number)[] = [settles.length];
    for (const { op } of settles) {
      // A settlement needs no epoch, window or cap: it goes to the counters of its hold, whatever changed since.
      const { index } = this.number(op.plan, planArgs);
      opArgs.push(op.holdId, op.outboxEntry, index, op.deltas.requests, op.deltas.tokens, op.deltas.costNanoUsd);
    }
    opArgs.push(reserves.length);
    for (const { op } of reserves) {
      const { index } = this.number(op.plan, planArgs);
      opArgs.push(op.holdId, op.holdRecord, index, op.amounts.requests, op.amounts.tokens, op.amounts.costNanoUsd);
    }
    this.args.push(this.fields.size, ...this.fields.keys(), this.plans.size, ...planArgs, ...opArgs);
  }

  /** Ids of the holds that the reply admitted. */
  admitted(reply: readonly string[]): string[] {
    const ids: string[] = [];
    for (let index = 0; index < this.reserves.length; index += 1) {
      if (reply[this.settles.length + index] === 'A') ids.push(this.reserves[index]!.op.holdId);
    }
    return ids;
  }

  /** Tells everybody who waits. */
  deliver(reply: readonly string[]): void {
    const firstTotal = this.settles.length + this.reserves.length;
    for (let index = 0; index < this.settles.length; index += 1) {
      this.settles[index]!.resolve(reply[index] === '1' ? 'settled' : 'missing');
    }
    for (let index = 0; index < this.reserves.length; index += 1) {
      const { op, resolve } = this.reserves[index]!;
      resolve(parseReserveReply(reply[this.settles.length + index]!, () => this.totalsOf(op.plan, reply, firstTotal)));
    }
  }

  fail(error: unknown): void {
    for (const { reject } of this.settles) reject(error);
    for (const { reject } of this.reserves) reject(error);
  }

  private number(plan: CounterPlan | Pick<CounterPlan, 'counterIds'>, args: (string | number)[]): NumberedPlan {
    const known = this.plans.get(plan);
    if (known !== undefined) return known;
    const { counterIds } = plan;
    const numbered: NumberedPlan = { index: this.plans.size + 1, fieldIndexes: [], totals: undefined };
    this.plans.set(plan, numbered);
    const limits = 'caps' in plan ? plan : undefined;
    args.push(limits?.epoch ?? 0, limits?.validFromMs ?? 0, limits?.validUntilMs ?? 0, counterIds.length);
    for (let index = 0; index < counterIds.length; index += 1) {
      const counterId = counterIds[index]!;
      let field = this.fields.get(counterId);
      if (field === undefined) {
        field = this.fields.size + 1;
        this.fields.set(counterId, field);
      }
      numbered.fieldIndexes.push(field);
      args.push(field, UNIT_OF_LETTER[counterId[0]!]!, limits?.caps[index] ?? '0');
    }
    return numbered;
  }

  private totalsOf(plan: CounterPlan, reply: readonly string[], firstTotal: number): readonly string[] {
    const numbered = this.plans.get(plan)!;
    numbered.totals ??= numbered.fieldIndexes.map((field) => reply[firstTotal + field - 1]!);
    return numbered.totals;
  }
}
