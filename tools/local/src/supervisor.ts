import { setTimeout as delay } from 'node:timers/promises';

import type { Service } from './service.js';

const RESTARTS_MAX = 5;
const FIRST_DELAY_MS = 500;
/** A program that ran this long has recovered: its next failure is a first one. */
const STABLE_MS = 60_000;
const TAIL_LINES = 15;

/** What the supervisor tells its owner. */
export interface SupervisorEvents {
  /** A line for the terminal. */
  say(text: string): void;
  /** A program cannot be kept running; the owner stops everything. */
  giveUp(sentence: string, output: string): void;
}

/** Keeps services running after the start: one that ends by itself is started again, a few times. */
export class Supervisor {
  private isStopping = false;

  /** `pause` is the real time unless a test says otherwise. */
  constructor(
    private readonly events: SupervisorEvents,
    private readonly pause: (durationMs: number) => Promise<unknown> = delay,
  ) {}

  /** From now on an end of the service is unexpected. */
  watch(service: Service): void {
    void this.keep(service);
  }

  /** From now on every end is expected. */
  standDown(): void {
    this.isStopping = true;
  }

  private async keep(service: Service): Promise<void> {
    let restarts = 0;
    for (;;) {
      const exit = await service.process?.exited;
      if (this.isStopping || exit === undefined) return;
      const how = exit.signal ?? `code ${exit.code}`;
      if (service.uptimeMs > STABLE_MS) restarts = 0;
      const output = service.process?.describe(TAIL_LINES) ?? '';
      if (restarts >= RESTARTS_MAX) {
        this.events.giveUp(
          `${service.name} ended with ${how} again after ${RESTARTS_MAX} restarts: everything stops.`,
          output,
        );
        return;
      }
      const pauseMs = FIRST_DELAY_MS * 2 ** restarts;
      restarts += 1;
      this.events.say(
        `${service.name} ended with ${how}: starting it again in ${pauseMs / 1000} s (${restarts} of ${RESTARTS_MAX})`,
      );
      await this.pause(pauseMs);
      if (!(await this.tryStart(service))) return;
    }
  }

  /** False when the stack is stopping. A start that fails leaves an ended process, which counts as its next end. */
  private async tryStart(service: Service): Promise<boolean> {
    if (this.isStopping) return false;
    try {
      await service.start();
      this.events.say(`${service.name} is back`);
    } catch (error) {
      this.events.say(`${service.name} did not start: ${error instanceof Error ? error.message : String(error)}`);
    }
    return true;
  }
}
