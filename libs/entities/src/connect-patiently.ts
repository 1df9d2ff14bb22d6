import type { DataSource } from 'typeorm';

/** How to wait for PostgreSQL. */
export interface PatienceOptions {
  /** Longest wait of the caller; afterwards connecting goes on in the background. */
  readonly waitMs: number;
  /** Called at the first failure of a row of attempts. */
  readonly onFailure: (error: unknown) => void;
  readonly onConnected: () => void;
  readonly retryMs?: number;
}

/**
 * Connects a data source, trying again until it succeeds: a process that can do something useful without the
 * database starts without it. Until then every query rejects.
 *
 * @returns a function that gives up and closes the connections.
 */
export async function connectPatiently(dataSource: DataSource, options: PatienceOptions): Promise<() => Promise<void>> {
  const { waitMs, onFailure, onConnected, retryMs = 1_000 } = options;
  const stop = new AbortController();
  const connected = connectUntil(dataSource, stop.signal, { retryMs, onFailure, onConnected });
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs);
  });
  await Promise.race([connected, waited]);
  clearTimeout(timer);
  return async () => {
    stop.abort();
    await connected;
    if (dataSource.isInitialized) await dataSource.destroy();
  };
}

async function connectUntil(
  dataSource: DataSource,
  signal: AbortSignal,
  options: Required<Omit<PatienceOptions, 'waitMs'>>,
): Promise<void> {
  let isFirstFailure = true;
  while (!signal.aborted) {
    try {
      await dataSource.initialize();
      options.onConnected();
      return;
    } catch (error) {
      if (isFirstFailure) options.onFailure(error);
      isFirstFailure = false;
    }
    await pause(options.retryMs, signal);
  }
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, durationMs);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
