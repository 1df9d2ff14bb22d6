import { LoadConnection, type Answer, type ConnectionListener } from './load-connection.js';
import { quantilesOf, type Quantiles } from './statistics.js';

/**
 * One load to generate: a closed loop with so many calls in flight at any time, or, with a rate, calls at fixed
 * moments whether or not earlier ones have been answered.
 */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Connections; with a rate, calls that are due when all are busy wait. */
  readonly concurrency: number;
  readonly ratePerS?: number;
  /** Stop after so long; calls in flight are finished. */
  readonly durationMs?: number;
  /** Or after so many calls. */
  readonly calls?: number;
}

/** What came of a {@link LoadOrder}. */
export interface LoadResult {
  readonly calls: number;
  /** Calls per HTTP status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that broke during a call. */
  readonly brokenCalls: number;
  readonly elapsedMs: number;
  readonly latencyMs: Quantiles;
  /** Until the first byte of the body. */
  readonly firstByteMs: Quantiles;
}

const BROKEN_MAX = 1_000;
const TICK_MS = 1;

class Load implements ConnectionListener {
  readonly #request: Buffer;
  readonly #order: LoadOrder;
  readonly #startedMs = performance.now();
  readonly #deadlineMs: number;
  readonly #callsMax: number;
  readonly #latencies: number[] = [];
  readonly #firstBytes: number[] = [];
  readonly #statuses: Record<string, number> = {};
  readonly #idle: LoadConnection[] = [];
  /** Moments at which calls were due that no connection was free for. */
  readonly #waiting: number[] = [];
  #brokenCalls = 0;
  #issued = 0;
  #open = 0;
  #ticker: NodeJS.Timeout | undefined;
  #done: ((result: LoadResult) => void) | undefined;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#deadlineMs = this.#startedMs + (order.durationMs ?? Number.POSITIVE_INFINITY);
    this.#callsMax = order.calls ?? Number.POSITIVE_INFINITY;
    const headers = { host: `127.0.0.1:${order.port}`, 'content-type': 'application/json', ...order.headers };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const length = Buffer.byteLength(order.body);
    this.#request = Buffer.from(
      `POST ${order.path} HTTP/1.1\r\n${lines.join('')}content-length: ${length}\r\n\r\n${order.body}`,
    );
  }

  run(): Promise<LoadResult> {
    return new Promise((resolve) => {
      this.#done = resolve;
      const { ratePerS, concurrency } = this.#order;
      if (ratePerS !== undefined) this.#ticker = setInterval(() => this.#tick(ratePerS), TICK_MS);
      for (let index = 0; index < concurrency; index += 1) this.#connect();
    });
  }

  onReady(connection: LoadConnection): void {
    const dueMs = this.#takeCall();
    if (dueMs !== undefined) connection.send(dueMs);
    else if (this.#mayIssue()) this.#idle.push(connection);
    else this.#close(connection);
  }

  onAnswer({ status, latencyMs, firstByteMs }: Answer): void {
    this.#latencies.push(latencyMs);
    this.#firstBytes.push(firstByteMs);
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
  }

  onBroken(connection: LoadConnection, wasBusy: boolean): void {
    this.#open -= 1;
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    if (wasBusy || index === -1) this.#brokenCalls += 1;
    if (this.#brokenCalls < BROKEN_MAX && (this.#mayIssue() || this.#waiting.length > 0)) this.#connect();
    else this.#finishWhenClosed();
  }

  #connect(): void {
    this.#open += 1;
    LoadConnection.open(this.#order.port, this.#request, this);
  }

  /** When the next call was due; undefined when there is none to send now. */
  #takeCall(): number | undefined {
    if (this.#ticker !== undefined || this.#waiting.length > 0) return this.#waiting.shift();
    if (this.#order.ratePerS !== undefined || !this.#mayIssue()) return undefined;
    this.#issued += 1;
    return performance.now();
  }

  #tick(ratePerS: number): void {
    const nowMs = performance.now();
    const due = Math.min(this.#callsMax, Math.floor(((nowMs - this.#startedMs) * ratePerS) / 1000));
    for (; this.#issued < due; this.#issued += 1) {
      const connection = this.#idle.pop();
      if (connection === undefined) this.#waiting.push(nowMs);
      else connection.send(nowMs);
    }
    if (this.#mayIssue()) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    for (const connection of this.#idle.splice(0)) this.#close(connection);
  }

  #mayIssue(): boolean {
    return this.#issued < this.#callsMax && performance.now() < this.#deadlineMs;
  }

  #close(connection: LoadConnection): void {
    this.#open -= 1;
    connection.close();
    this.#finishWhenClosed();
  }

  #finishWhenClosed(): void {
    if (this.#open > 0) return;
    clearInterval(this.#ticker);
    this.#done?.({
      calls: this.#latencies.length,
      statuses: this.#statuses,
      brokenCalls: this.#brokenCalls,
      elapsedMs: performance.now() - this.#startedMs,
      latencyMs: quantilesOf(this.#latencies),
      firstByteMs: quantilesOf(this.#firstBytes),
    });
  }
}

/** Generates one load in this process. */
export function generateLoad(order: LoadOrder): Promise<LoadResult> {
  return new Load(order).run();
}
