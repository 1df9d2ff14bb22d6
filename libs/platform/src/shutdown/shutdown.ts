import type { Logger } from '../logging/logger.js';

/**
 * When a hook runs:
 * - `stop`: the drain begins; stop taking work that is not a request (consumers, timers), let the current finish;
 * - `flush`: the last request is answered; write out what memory still holds;
 * - `close`: the app is closed; close connections that the earlier phases needed.
 */
export type ShutdownPhase = 'stop' | 'flush' | 'close';

/** What a hook does. It gets at least `hookFloorMs`, at most what is left of the grace. */
export type ShutdownHook = () => Promise<void> | void;

/** The HTTP side of a shutdown, so that the order can be tested without a server. */
export interface Drainable {
  /** Tells every client, with its next response, that the connection ends. */
  announce(): void;
  /** Refuses new connections; requests on open ones are still answered. */
  stopListening(): void;
  /** Resolves when the last connection is gone. */
  whenDisconnected(): Promise<void>;
  closeIdleConnections(): void;
  /** Resolves when no request is being served. */
  whenIdle(): Promise<void>;
  closeAllConnections(): void;
  /** Nest's own close: destroys modules and the server. */
  close(): Promise<void>;
}

/** How long each step may take. */
export interface ShutdownTiming {
  /** Still accept connections, for load balancers to notice. */
  delayMs: number;
  /** Wait for requests that are being served. */
  graceMs: number;
  /** Leave idle connections open, because a client may be sending on one right now. */
  lingerMs: number;
}

interface RegisteredHook {
  name: string;
  phase: ShutdownPhase;
  run: ShutdownHook;
}

const hookFloorMs = 2_000;

/** The order in which a process leaves. Features register hooks; `bootstrap` runs them. */
export class Shutdown {
  readonly #hooks: RegisteredHook[] = [];
  #isDraining = false;
  #finished: Promise<void> | undefined;

  constructor(private readonly logger: Logger) {}

  /** From here on `/health` answers 503 and every response closes its connection. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** `close` hooks run in reverse order of registration, the others in order. */
  register(phase: ShutdownPhase, name: string, run: ShutdownHook): void {
    this.#hooks.push({ phase, name, run });
  }

  /** Runs the whole order once; later calls wait for the first. */
  run(target: Drainable, timing: ShutdownTiming): Promise<void> {
    this.#finished ??= this.leave(target, timing);
    return this.#finished;
  }

  private async leave(target: Drainable, { delayMs, graceMs, lingerMs }: ShutdownTiming): Promise<void> {
    this.#isDraining = true;
    target.announce();
    if (delayMs > 0) {
      await elapse(delayMs);
    }
    const deadlineMs = performance.now() + graceMs;
    target.stopListening();
    const stopped = this.runPhase('stop', deadlineMs);
    await settlesWithin(target.whenDisconnected(), Math.min(lingerMs, graceMs));
    target.closeIdleConnections();
    if (!(await settlesWithin(target.whenIdle(), Math.max(0, deadlineMs - performance.now())))) {
      this.logger.warn({ graceMs }, 'requests are still being served at the end of the grace, they are cut');
    }
    target.closeAllConnections();
    await stopped;
    await this.runPhase('flush', deadlineMs);
    await this.runHook({ phase: 'close', name: 'application', run: () => target.close() }, deadlineMs);
    await this.runPhase('close', deadlineMs);
  }

  private async runPhase(phase: ShutdownPhase, deadlineMs: number): Promise<void> {
    const hooks = this.#hooks.filter((hook) => hook.phase === phase);
    if (phase === 'stop') {
      await Promise.all(hooks.map((hook) => this.runHook(hook, deadlineMs)));
      return;
    }
    for (const hook of phase === 'close' ? hooks.toReversed() : hooks) {
      await this.runHook(hook, deadlineMs);
    }
  }

  /** A hook that fails or hangs must not keep the next one from running. */
  private async runHook({ phase, name, run }: RegisteredHook, deadlineMs: number): Promise<void> {
    const timeoutMs = Math.max(hookFloorMs, deadlineMs - performance.now());
    try {
      if (!(await settlesWithin(Promise.resolve().then(run), timeoutMs))) {
        this.logger.error({ phase, hook: name, timeoutMs }, 'a shutdown hook did not finish in time');
      }
    } catch (error) {
      this.logger.error({ phase, hook: name, err: error }, 'a shutdown hook failed');
    }
  }
}

function elapse(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

/** Whether the work ended in time. Its failure is the caller's. */
async function settlesWithin(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
