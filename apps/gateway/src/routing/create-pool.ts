import type { LookupFunction } from 'node:net';

import { Pool } from 'undici';

/** Deadlines of upstream calls. */
export interface UpstreamDeadlines {
  readonly connectMs: number;
  /** From the request to the first byte of the answer. */
  readonly headersMs: number;
  /** Longest silence inside an answer. */
  readonly idleMs: number;
}

/** Connections to one origin. `lookup` resolves its name, in the system's way unless told otherwise. */
export function createPool(origin: string, deadlines: UpstreamDeadlines, lookup?: LookupFunction): Pool {
  return new Pool(origin, {
    pipelining: 1,
    allowH2: false,
    connectTimeout: deadlines.connectMs,
    headersTimeout: deadlines.headersMs,
    bodyTimeout: deadlines.idleMs,
    // Below the 5 s after which common servers close an idle connection: a request sent into a closing one is lost.
    keepAliveTimeout: 4_000,
    ...(lookup === undefined ? {} : { connect: { lookup } }),
  });
}
