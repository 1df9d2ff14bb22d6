import { ownerKey } from '@penstock/dto';
import type { Redis } from 'ioredis';

/**
 * Says every quarter of its time to live that this process is alive, so that the sweeper leaves its holds alone.
 * A process that cannot reach Redis for longer than that cannot settle either; its holds are then swept, and what
 * it settles later finds them gone.
 *
 * A Redis that crashed may come back without what it acknowledged last: then holds that this process has ended are
 * there again, and nobody would end them while their owner lives. So new calls are held under a new name after every
 * reconnection, and the old name dies with the last call that was made under it.
 */
export class OwnerHeartbeat {
  private timer: NodeJS.Timeout | undefined;
  private readonly names = new Set<string>();
  private current: string;
  private renewals = 0;
  private whenCallsEnded: () => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly redis: Redis,
    private readonly ownerId: string,
    private readonly ttlMs: number,
  ) {
    this.current = ownerId;
    this.names.add(ownerId);
  }

  /** The owner of holds that are made now. */
  get id(): string {
    return this.current;
  }

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.beat(), this.ttlMs / 4);
    this.redis.on('ready', () => this.renew());
    await this.beat();
  }

  /** Tells how to learn that every call which is in flight now has ended. */
  follow(whenCallsEnded: () => Promise<void>): void {
    this.whenCallsEnded = whenCallsEnded;
  }

  /** The process leaves and holds nothing any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.names].map((name) => this.forget(name)));
  }

  private renew(): void {
    const before = this.current;
    this.renewals += 1;
    this.current = `${this.ownerId}.${this.renewals}`;
    this.names.add(this.current);
    void this.beat();
    // Later than now: a call that is being decided at this moment may still be held under the name before.
    setTimeout(() => {
      void this.whenCallsEnded().then(() => this.forget(before));
    }, this.ttlMs).unref();
  }

  private async forget(name: string): Promise<void> {
    this.names.delete(name);
    await this.redis.del(ownerKey(name)).catch(ignore);
  }

  private async beat(): Promise<void> {
    const beats = [...this.names].map((name) => this.redis.set(ownerKey(name), '1', 'PX', this.ttlMs).catch(ignore));
    await Promise.all(beats);
  }
}

/** The connection reports its own state; the next beat comes soon. */
function ignore(): void {}
