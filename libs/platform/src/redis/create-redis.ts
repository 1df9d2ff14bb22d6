import { Redis, type RedisOptions } from 'ioredis';

import type { Logger } from '../logging/logger.js';

/**
 * What a connection is for:
 * - `command`: the request path; fails at once when Redis is away and within a deadline when it is slow;
 * - `subscriber`: pub/sub only; waits for Redis as long as it takes;
 * - `queue-producer`: adding BullMQ jobs; fails fast, the caller keeps what it could not add;
 * - `queue-worker`: BullMQ's blocking reads; never gives up.
 */
export type RedisRole = 'command' | 'subscriber' | 'queue-producer' | 'queue-worker';

/** What a caller may change. */
export interface RedisConnectionOptions {
  /** The deadline of a command, from the moment it is issued. Default 50 for `command`, 250 for `queue-producer`. */
  commandTimeoutMs?: number;
  /** Default 2000. */
  connectTimeoutMs?: number;
  /** Do not connect before the first command. */
  lazyConnect?: boolean;
  connectionName?: string;
}

const retryDelayMsMax = 1_000;
/** A peer that vanished without a word (no RST) is given up when an outstanding command got no byte for so long. */
const silenceMs = 5_000;

const commandTimeoutMsByRole: Record<RedisRole, number | undefined> = {
  command: 50,
  'queue-producer': 250,
  subscriber: undefined,
  'queue-worker': undefined,
};

type RoleOptions = Pick<
  RedisOptions,
  'enableOfflineQueue' | 'maxRetriesPerRequest' | 'autoResendUnfulfilledCommands' | 'autoResubscribe' | 'socketTimeout'
>;

/** Opens a connection with the failure behaviour its role needs. It reconnects by itself for ever. */
export function createRedis(url: string, role: RedisRole, logger: Logger, options: RedisConnectionOptions = {}): Redis {
  const redis = new Redis(url, {
    ...optionsOf(role),
    // ioredis waits so long even for a socket that is closed already.
    disconnectTimeout: 500,
    connectTimeout: options.connectTimeoutMs ?? 2_000,
    lazyConnect: options.lazyConnect ?? false,
    connectionName: options.connectionName ?? `penstock-${role}`,
    retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 10), retryDelayMsMax) + jitterMs(),
    // After a failover the old primary answers READONLY until we connect to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
  applyCommandTimeout(redis, options.commandTimeoutMs ?? commandTimeoutMsByRole[role]);
  logStateChanges(redis, role, logger);
  return redis;
}

function optionsOf(role: RedisRole): RoleOptions {
  switch (role) {
    case 'command':
    case 'queue-producer':
      return {
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        // A script that was sent may have run: sending it again is the caller's decision.
        autoResendUnfulfilledCommands: false,
        socketTimeout: silenceMs,
      };
    case 'subscriber':
      return { enableOfflineQueue: true, maxRetriesPerRequest: null, autoResubscribe: true };
    case 'queue-worker':
      return { enableOfflineQueue: true, maxRetriesPerRequest: null };
  }
}

/** The deadline holds while connected only: the handshake has its own, and a slow one must not fail for ever. */
function applyCommandTimeout(redis: Redis, timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) {
    return;
  }
  redis.on('ready', () => {
    redis.options.commandTimeout = timeoutMs;
  });
  redis.on('close', () => {
    redis.options.commandTimeout = undefined;
  });
}

/** Connections that are being closed on purpose: their end is not news. */
const leaving = new WeakSet<Redis>();

/** ioredis reports an error per attempt; one line per change of state is what an operator can read. */
function logStateChanges(redis: Redis, role: RedisRole, logger: Logger): void {
  let state: 'unknown' | 'up' | 'down' = 'unknown';
  redis.on('error', (error: Error) => {
    if (state !== 'down') {
      state = 'down';
      logger.warn({ role, err: error }, 'redis is not reachable');
    }
  });
  redis.on('close', () => {
    if (state === 'up' && !leaving.has(redis)) {
      state = 'down';
      logger.warn({ role }, 'redis connection is closed');
    }
  });
  redis.on('ready', () => {
    if (state !== 'up') {
      logger.info({ role }, state === 'down' ? 'redis is reachable again' : 'redis is connected');
      state = 'up';
    }
  });
}

function jitterMs(): number {
  return Math.floor(Math.random() * 50);
}

/** Waits until the connection can take commands; false when that takes longer. */
export async function isRedisReadyWithin(redis: Redis, timeoutMs: number): Promise<boolean> {
  if (redis.status === 'ready') {
    return true;
  }
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const onReady = (): void => resolve(true);
  const timer = setTimeout(resolve, timeoutMs, false);
  redis.once('ready', onReady);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    redis.off('ready', onReady);
  }
}

/** Lets outstanding commands finish, then closes; never fails, never hangs on a Redis that is away. */
export async function closeRedis(redis: Redis, timeoutMs = 1_000): Promise<void> {
  leaving.add(redis);
  if (redis.status === 'end' || redis.status === 'reconnecting') {
    // Between two attempts there is no connection, only a timer, and no event that tells of its end.
    redis.disconnect();
    return;
  }
  const ended = new Promise<void>((resolve) => {
    redis.once('end', resolve);
  });
  if (redis.status === 'ready') {
    // A connection lost while saying goodbye is closed all the same.
    await settlesOrElapses(redis.quit(), timeoutMs);
  }
  redis.disconnect();
  await settlesOrElapses(ended, timeoutMs);
}

async function settlesOrElapses(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([Promise.allSettled([work]), timeout]);
  clearTimeout(timer);
}
