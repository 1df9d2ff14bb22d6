import { AdmissionBatch, type Pending } from './admission-batch.js';
import type { ReserveOp, ReserveOutcome, SettleOp, SettleOutcome } from './admission-outcome.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

/** Operations in one script call; bounds how long Redis serves nobody else. */
const BATCH_OPS_MAX = 64;

/** How a lane reaches Redis. */
export interface LaneLink {
  /** Runs the admission script with these arguments after its keys. */
  run(args: readonly string[]): Promise<unknown>;
  /** Marks holds as dispatched; not awaited. */
  mark(holdIds: readonly string[]): void;
  /** Nothing is waiting and nothing is under way any more. */
  onIdle(): void;
}

/**
 * The way of one tenant's calls to Redis: one script call at a time. What is asked for while a call is under way goes
 * together in the next, so that batches grow with the load by themselves, while a call alone waits for nobody. A
 * command costs both sides more than what it carries.
 */
export class AdmissionLane {
  private marks: string[] = [];
  private onMarked: (() => void)[] = [];
  private reserves: Pending<ReserveOp, ReserveOutcome>[] = [];
  private settles: Pending<SettleOp, SettleOutcome>[] = [];
  private isUnderWay = false;
  private isScheduled = false;

  constructor(private readonly link: LaneLink) {}

  reserve(op: ReserveOp): Promise<ReserveOutcome> {
    return new Promise((resolve, reject) => {
      this.reserves.push({ op, resolve, reject });
      this.schedule();
    });
  }

  settle(op: SettleOp): Promise<SettleOutcome> {
    return new Promise((resolve, reject) => {
      this.settles.push({ op, resolve, reject });
      this.schedule();
    });
  }

  /** The end of the turn of the event loop: until then, more may be asked for. */
  private schedule(): void {
    if (this.isScheduled || this.isUnderWay) return;
    this.isScheduled = true;
    setImmediate(() => this.flush());
  }

  /* Hot path. */
  private flush(): void {
    this.isScheduled = false;
    const { marks, onMarked } = this;
    this.marks = [];
    this.onMarked = [];
    // Settlements first: they make room.
    const settles = this.settles.splice(0, BATCH_OPS_MAX);
    const reserves = this.reserves.splice(0, BATCH_OPS_MAX - settles.length);
    // Marks are written before the requests leave, on a connection that Redis reads in order, and not awaited: if this
    // process is killed now, a hold without a mark was never sent and is released, one with it is charged.
    if (settles.length + reserves.length > 0) this.send(new AdmissionBatch(settles, reserves, marks));
    else this.link.mark(marks);
    for (const dispatch of onMarked) dispatch();
    if (!this.isUnderWay) this.link.onIdle();
  }

  /* Hot path. */
  private send(batch: AdmissionBatch): void {
    this.isUnderWay = true;
    this.link.run(batch.args).then(
      (reply) => {
        this.isUnderWay = false;
        const replies = reply as string[];
        const admitted = batch.admitted(replies);
        if (admitted.length > 0) {
          this.marks.push(...admitted);
          this.onMarked.push(() => batch.dispatch(replies));
        }
        batch.deliver(replies);
        this.goOn();
      },
      (error: unknown) => {
        this.isUnderWay = false;
        batch.fail(error);
        this.refuseWaiting();
      },
    );
  }

  private goOn(): void {
    if (this.marks.length + this.settles.length + this.reserves.length > 0) this.schedule();
    else if (!this.isScheduled) this.link.onIdle();
  }

  /** What waited behind a call that got no answer has waited as long as anybody may. */
  private refuseWaiting(): void {
    const error = new StoreUnavailableError('Redis does not answer', false);
    for (const { reject } of this.settles.splice(0)) reject(error);
    for (const { reject } of this.reserves.splice(0)) reject(error);
    this.goOn();
  }
}
