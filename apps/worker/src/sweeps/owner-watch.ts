/** Asks Redis whether an owner's heartbeat is there. */
export type ReadHeartbeat = (ownerId: string) => Promise<boolean>;

/**
 * Tells dead owners from absent ones. After an outage of Redis every heartbeat has expired, though its gateway
 * lives and is about to say so: only an owner that stays silent for the grace is dead.
 */
export class OwnerWatch {
  private missingSince = new Map<string, number>();

  constructor(
    private readonly readHeartbeat: ReadHeartbeat,
    private readonly graceMs: number,
  ) {}

  /** A pass over all holds: each owner is asked for once, owners without holds are forgotten at its end. */
  beginPass(): OwnerPass {
    const answers = new Map<string, Promise<boolean>>();
    const missing = new Map<string, number>();
    return {
      isDead: (ownerId, nowMs) => {
        let answer = answers.get(ownerId);
        if (answer === undefined) {
          answer = this.readHeartbeat(ownerId).then((isAlive) => {
            if (isAlive) return false;
            const sinceMs = this.missingSince.get(ownerId) ?? nowMs;
            missing.set(ownerId, sinceMs);
            return nowMs - sinceMs >= this.graceMs;
          });
          answers.set(ownerId, answer);
        }
        return answer;
      },
      end: () => {
        this.missingSince = missing;
      },
    };
  }
}

/** See {@link OwnerWatch.beginPass}. */
export interface OwnerPass {
  isDead(ownerId: string, nowMs: number): Promise<boolean>;
  /** Remembers for the next pass who was silent in this one. */
  end(): void;
}
