import { connect, type Socket } from 'node:net';
import { ResponseReader } from './response-reader.js';
import { quantilesOf, type Quantiles } from './statistics.js';

/** One load to generate: a closed loop, so many calls in flight at any time. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly concurrency: number;
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

class Load {
  readonly #request: Buffer;
  readonly #order: LoadOrder;
  readonly #startedMs = performance.now();
  readonly #deadlineMs: number;
  readonly #latencies: number[] = [];
  readonly #firstBytes: number[] = [];
  readonly #statuses: Record<string, number> = {};
  #brokenCalls = 0;
  #issued = 0;
  #busy = 0;
  #done: ((result: LoadResult) => void) | undefined;

  constructor(order: LoadOrder) {
    this.#order = order;
    this.#deadlineMs = this.#startedMs + (order.durationMs ?? Number.POSITIVE_INFINITY);
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
      for (let index = 0; index < this.#order.concurrency; index += 1) this.#open();
    });
  }

  #open(): void {
    this.#busy += 1;
    const socket = connect({ port: this.#order.port, host: '127.0.0.1', noDelay: true });
    const reader = new ResponseReader();
    let sentMs = 0;
    let firstByteMs = 0;
    let isIdle = false;
    const send = (): void => {
      if (!this.#mayIssue()) {
        isIdle = true;
        this.#close(socket);
        return;
      }
      this.#issued += 1;
      firstByteMs = 0;
      sentMs = performance.now();
      socket.write(this.#request);
    };
    socket.on('connect', send);
    socket.on('data', (data: Buffer) => {
      const isComplete = reader.feed(data);
      const nowMs = performance.now();
      if (firstByteMs === 0 && reader.bodyBytes > 0) firstByteMs = nowMs;
      if (!isComplete) return;
      this.#latencies.push(nowMs - sentMs);
      this.#firstBytes.push(firstByteMs - sentMs);
      this.#statuses[reader.status] = (this.#statuses[reader.status] ?? 0) + 1;
      reader.reset();
      send();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (isIdle) return;
      this.#brokenCalls += 1;
      this.#busy -= 1;
      if (this.#brokenCalls < BROKEN_MAX && this.#mayIssue()) this.#open();
      else this.#finishWhenIdle();
    });
  }

  #mayIssue(): boolean {
    return this.#issued < (this.#order.calls ?? Number.POSITIVE_INFINITY) && performance.now() < this.#deadlineMs;
  }

  #close(socket: Socket): void {
    this.#busy -= 1;
    socket.destroy();
    this.#finishWhenIdle();
  }

  #finishWhenIdle(): void {
    if (this.#busy > 0) return;
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
