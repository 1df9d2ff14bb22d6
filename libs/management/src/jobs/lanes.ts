/**
 * Lets only so many pieces of work of one kind go on at once, first come first served. Transactions that wait for the
 * same rows would otherwise take up every connection of the process while they wait, and keep all others out.
 */
export class Lanes {
  private readonly busy = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(private readonly width: number) {}

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    await this.enter(key);
    try {
      return await work();
    } finally {
      this.leave(key);
    }
  }

  private enter(key: string): Promise<void> {
    const lane = this.busy.get(key);
    if (lane === undefined) {
      this.busy.set(key, { running: 1, waiting: [] });
      return Promise.resolve();
    }
    if (lane.running < this.width) {
      lane.running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      lane.waiting.push(resolve);
    });
  }

  /** The place goes to who waits, so that nobody comes in between. */
  private leave(key: string): void {
    const lane = this.busy.get(key);
    if (lane === undefined) return;
    const next = lane.waiting.shift();
    if (next !== undefined) {
      next();
      return;
    }
    lane.running -= 1;
    if (lane.running === 0) this.busy.delete(key);
  }
}
