import type { IncomingHttpHeaders } from 'node:http';

import type { Dispatcher } from 'undici';

import type { Provider } from '../routing/providers.js';

/** What the owner of an {@link Exchange} hears, each at most once but `onData`. */
export interface ExchangeListener {
  onHeaders(status: number, headers: IncomingHttpHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** The gateway itself ended the exchange. The message says why and is shown to the caller. */
export class ExchangeAbortedError extends Error {
  override readonly name = 'ExchangeAbortedError';
}

/**
 * One request to a provider and its answer, on undici's lowest level: no stream objects and no promises per chunk.
 * It belongs to the gateway, not to the client: a client that leaves cannot cancel it.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** True once the request was given to an open connection: from then on the provider may have served it. */
  wasSent = false;
  private controller: Dispatcher.DispatchController | undefined;
  private abortReason: Error | undefined;
  private isOver = false;

  constructor(private readonly listener: ExchangeListener) {}

  /** Sends the request. The listener hears of everything that follows, even of a failure right here. */
  start(provider: Provider, path: string, headers: Record<string, string>, body: Buffer): void {
    try {
      provider.pool.dispatch({ method: 'POST', path: provider.path(path), headers, body }, this);
    } catch (error) {
      this.onResponseError(undefined, error as Error);
    }
  }

  abort(message: string): void {
    this.abortReason = new ExchangeAbortedError(message);
    this.controller?.abort(this.abortReason);
  }

  /** Stops reading until {@link resume}: the client is slower than the provider. */
  pause(): void {
    this.controller?.pause();
  }

  resume(): void {
    this.controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.abortReason !== undefined) {
      controller.abort(this.abortReason);
      return;
    }
    this.wasSent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // 1xx answers announce the real one.
    if (status >= 200) this.listener.onHeaders(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.listener.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onError(error);
  }
}
