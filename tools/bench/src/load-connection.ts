import { connect, type Socket } from 'node:net';
import { ResponseReader } from './response-reader.js';

/** One answered call. */
export interface Answer {
  readonly status: number;
  readonly latencyMs: number;
  /** Until the first byte of the body. */
  readonly firstByteMs: number;
}

/** What a connection reports. `onReady` comes once it is open and after each answer. */
export interface ConnectionListener {
  onReady(connection: LoadConnection): void;
  onAnswer(answer: Answer): void;
  /** The connection broke; `wasBusy` tells whether a call was lost with it. */
  onBroken(connection: LoadConnection, wasBusy: boolean): void;
}

/** One kept-alive connection that sends the same call over and over. */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #reader = new ResponseReader();
  #dueMs = 0;
  #firstByteMs = 0;
  #isBusy = false;
  #isClosed = false;

  /** Opens a connection; the listener hears of it from now on. */
  static open(port: number, request: Buffer, listener: ConnectionListener): LoadConnection {
    return new LoadConnection(port, request, listener);
  }

  private constructor(port: number, request: Buffer, listener: ConnectionListener) {
    this.#request = request;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('connect', () => listener.onReady(this));
    this.#socket.on('data', (data: Buffer) => this.#receive(data, listener));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      if (!this.#isClosed) listener.onBroken(this, this.#isBusy);
    });
  }

  /** Sends the call. Its latency counts from `dueMs`: waiting for a free connection is part of it. */
  send(dueMs: number): void {
    this.#isBusy = true;
    this.#dueMs = dueMs;
    this.#firstByteMs = 0;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #receive(data: Buffer, listener: ConnectionListener): void {
    const isComplete = this.#reader.feed(data);
    const nowMs = performance.now();
    if (this.#firstByteMs === 0 && this.#reader.bodyBytes > 0) this.#firstByteMs = nowMs;
    if (!isComplete) return;
    const { status } = this.#reader;
    listener.onAnswer({ status, latencyMs: nowMs - this.#dueMs, firstByteMs: this.#firstByteMs - this.#dueMs });
    this.#reader.reset();
    this.#isBusy = false;
    listener.onReady(this);
  }
}
