import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadResult } from './load-generator.js';

const ANSWERS_TIMEOUT_MS = 20_000;

/** The load generator's process. One load at a time. */
export class LoadClient {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('load-worker.js', import.meta.url)));
  }

  /** Rejects when calls are still without an answer long after the load should have ended. */
  async run(order: LoadOrder): Promise<LoadResult> {
    const watch = new AbortController();
    const { signal } = watch;
    this.#child.send(order);
    try {
      const answer = once(this.#child, 'message', { signal });
      const [result] = (await Promise.race([answer, this.#ended(signal), tooLate(order, signal)])) as [LoadResult];
      return result;
    } finally {
      watch.abort();
    }
  }

  stop(): void {
    this.#child.disconnect();
  }

  async #ended(signal: AbortSignal): Promise<never> {
    const [code] = (await once(this.#child, 'exit', { signal })) as [number | null];
    throw new Error(`The load generator ended with code ${code ?? 'none'}.`);
  }
}

async function tooLate(order: LoadOrder, signal: AbortSignal): Promise<never> {
  await delay((order.durationMs ?? 0) + ANSWERS_TIMEOUT_MS, undefined, { signal });
  throw new Error(`Port ${order.port} has left calls unanswered for ${ANSWERS_TIMEOUT_MS / 1000} s.`);
}
