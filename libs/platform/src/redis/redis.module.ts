import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { Redis } from 'ioredis';

import { BaseConfig } from '../config/base-config.js';
import { HealthRegistry } from '../health/health-registry.js';
import { LOGGER, type Logger } from '../logging/logger.js';
import { Shutdown } from '../shutdown/shutdown.js';
import {
  closeRedis,
  createRedis,
  isRedisReadyWithin,
  type RedisConnectionOptions,
  type RedisRole,
} from './create-redis.js';

/** Injection tokens of the connections. */
export const REDIS_COMMAND = Symbol('penstock.redis.command');
export const REDIS_SUBSCRIBER = Symbol('penstock.redis.subscriber');
export const REDIS_QUEUE_PRODUCER = Symbol('penstock.redis.queue-producer');
export const REDIS_QUEUE_WORKER = Symbol('penstock.redis.queue-worker');

const tokenByRole: Record<RedisRole, symbol> = {
  command: REDIS_COMMAND,
  subscriber: REDIS_SUBSCRIBER,
  'queue-producer': REDIS_QUEUE_PRODUCER,
  'queue-worker': REDIS_QUEUE_WORKER,
};

/** Which connections an app opens, and what Redis means to it. */
export interface RedisModuleOptions {
  roles: readonly RedisRole[];
  /** Whether `/health` answers 503 without Redis. */
  critical: boolean;
  connections?: RedisConnections | ((config: BaseConfig) => RedisConnections);
}

/** Settings of single connections, over those of their role. */
export type RedisConnections = Partial<Record<RedisRole, RedisConnectionOptions>>;

const OPENED = Symbol('penstock.redis.opened');
const startUpWaitMs = 2_000;

/**
 * Opens the app's connections to `REDIS_URL`, waits a little for them at start (an app starts without Redis
 * too), watches them in `/health` and closes them last.
 */
@Module({})
export class RedisModule {
  static forRoot(options: RedisModuleOptions): DynamicModule {
    const tokens = options.roles.map((role) => tokenByRole[role]);
    const connections: Provider[] = options.roles.map((role) => ({
      provide: tokenByRole[role],
      inject: [BaseConfig, LOGGER, Shutdown],
      useFactory: (config: BaseConfig, logger: Logger, shutdown: Shutdown): Redis => {
        const { connections = {} } = options;
        const settings = typeof connections === 'function' ? connections(config) : connections;
        const redis = createRedis(config.REDIS_URL, role, logger, settings[role]);
        shutdown.register('close', `redis ${role}`, () => closeRedis(redis));
        return redis;
      },
    }));
    const opened: Provider = {
      provide: OPENED,
      inject: [HealthRegistry, ...tokens],
      useFactory: async (health: HealthRegistry, ...all: Redis[]): Promise<readonly Redis[]> => {
        const [first] = all;
        if (first !== undefined) {
          health.register({ name: 'redis', critical: options.critical, check: () => first.ping() });
        }
        await Promise.all(all.map((redis) => isRedisReadyWithin(redis, startUpWaitMs)));
        return all;
      },
    };
    return { module: RedisModule, global: true, providers: [...connections, opened], exports: tokens };
  }
}
