import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadResult } from './load-generator.js';

/** The load generator's process. One load at a time. */
export class LoadClient {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('load-worker.js', import.meta.url)));
  }

  async run(order: LoadOrder): Promise<LoadResult> {
    this.#child.send(order);
    const [answer] = (await Promise.race([once(this.#child, 'message'), this.#ended()])) as [LoadResult];
    return answer;
  }

  stop(): void {
    this.#child.disconnect();
  }

  async #ended(): Promise<never> {
    const [code] = (await once(this.#child, 'exit')) as [number | null];
    throw new Error(`The load generator ended with code ${code ?? 'none'}.`);
  }
}
