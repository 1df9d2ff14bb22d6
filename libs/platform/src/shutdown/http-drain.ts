import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { Drainable, Shutdown } from './shutdown.js';

/** Watches the requests and connections of a Fastify server, so that it can be left without cutting any. */
export class HttpDrain {
  readonly #sockets = new Set<Socket>();
  readonly #responses = new Set<ServerResponse>();
  readonly #waiting = new Set<{ isTrue: () => boolean; resolve: () => void }>();

  constructor(
    private readonly server: Server,
    private readonly shutdown: Shutdown,
  ) {}

  /** Requests whose response has not been handed over completely. */
  get inFlight(): number {
    return this.#responses.size;
  }

  /** Must be called before any other hook, so that no request escapes the count. */
  attach(fastify: FastifyInstance): void {
    this.server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        this.wake();
      });
    });
    fastify.addHook('onRequest', (_request, reply, done) => {
      const response = reply.raw;
      this.#responses.add(response);
      // 'close' comes after the last byte as well as after a client that left.
      response.once('close', () => {
        this.#responses.delete(response);
        this.wake();
      });
      if (this.shutdown.isDraining) {
        response.shouldKeepAlive = false;
      }
      done();
    });
  }

  /** The server as the shutdown sees it. */
  drainable(close: () => Promise<void>): Drainable {
    return {
      announce: () => {
        for (const response of this.#responses) {
          if (!response.headersSent) {
            response.shouldKeepAlive = false;
          }
        }
      },
      stopListening: () => {
        if (this.server.listening) {
          // http.Server.close would also cut idle connections, on which a client may be sending right now.
          NetServer.prototype.close.call(this.server);
        }
      },
      whenDisconnected: () => this.until(() => this.#sockets.size === 0),
      closeIdleConnections: () => this.server.closeIdleConnections(),
      whenIdle: () => this.until(() => this.#responses.size === 0),
      closeAllConnections: () => this.server.closeAllConnections(),
      close,
    };
  }

  private async until(isTrue: () => boolean): Promise<void> {
    if (!isTrue()) {
      await new Promise<void>((resolve) => {
        this.#waiting.add({ isTrue, resolve });
      });
    }
  }

  private wake(): void {
    for (const waiting of this.#waiting) {
      if (waiting.isTrue()) {
        this.#waiting.delete(waiting);
        waiting.resolve();
      }
    }
  }
}
