import { ownerKey } from '@penstock/dto';
import type { Redis } from 'ioredis';

/**
 * Says every quarter of its time to live that this process is alive, so that the sweeper leaves its holds alone.
 * A process that cannot reach Redis for longer than that cannot settle either; its holds are then swept, and what
 * it settles later finds them gone.
 */
export class OwnerHeartbeat {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly ownerId: string,
    private readonly ttlMs: number,
  ) {}

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.beat(), this.ttlMs / 4);
    this.redis.on('ready', () => void this.beat());
    await this.beat();
  }

  /** The process leaves and holds nothing any more. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.redis.del(ownerKey(this.ownerId)).catch(ignore);
  }

  private async beat(): Promise<void> {
    await this.redis.set(ownerKey(this.ownerId), '1', 'PX', this.ttlMs).catch(ignore);
  }
}

/** The connection reports its own state; the next beat comes soon. */
function ignore(): void {}
