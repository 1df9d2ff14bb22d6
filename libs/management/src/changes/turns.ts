import { AppError } from '@penstock/domain';

/** Nobody who asked waits longer for an answer. */
const WAIT_MAX_MS = 15_000;

/**
 * Lets what contends for the same rows wait here, in the order of its coming, instead of in PostgreSQL, where each that
 * waits keeps a connection from everybody else. It orders one process: between processes the rows' locks decide.
 */
export class Turns {
  private readonly lasts = new Map<string, Promise<unknown>>();

  /**
   * Runs `work` when everything before it under the same key has ended, however it ended.
   *
   * @throws AppError `database_unavailable` when that takes too long; the work is not done then.
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.lasts.get(key);
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const last = before === undefined ? ended : before.then(() => ended);
    this.lasts.set(key, last);
    try {
      if (before !== undefined) await inTime(before);
      return await work();
    } finally {
      end();
      if (this.lasts.get(key) === last) this.lasts.delete(key);
    }
  }
}

async function inTime(turn: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AppError('database_unavailable')), WAIT_MAX_MS);
  });
  try {
    await Promise.race([turn, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}
