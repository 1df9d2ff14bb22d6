import { fileURLToPath } from 'node:url';
import { freePorts, Reaper, StackProcess, startStack, type Stack } from '@penstock/testing';
import { Redis } from 'ioredis';
import pg from 'pg';
import { LoadClient } from './load-client.js';
import type { LoadOrder } from './load-generator.js';
import type { Pinning } from './pinning.js';

/** Everything that runs during a benchmark. */
export interface System {
  readonly stack: Stack;
  readonly relay: StackProcess;
  /** Simulator behind the relay and the direct calls; the stack's own serves the gateway alone. */
  readonly ungovernedUpstream: StackProcess;
  readonly load: LoadClient;
  readonly redis: Redis;
  readonly database: pg.Client;
  stop(): Promise<void>;
}

/** Where a load goes: the provider itself, the relay before it, or the gateway. */
export type Target = Pick<LoadOrder, 'port' | 'path' | 'headers'>;

const CHAT_PATH = '/v1/chat/completions';

/** Starts it all; PostgreSQL and Redis write as durably as in production. */
export async function startSystem(pinning: Pinning, gatewayEnv: Readonly<Record<string, string>>): Promise<System> {
  const stack = await startStack({
    admin: false,
    aof: true,
    durability: 'full',
    launcher: (app) => (app === 'gateway' ? pinning.launcher : []),
    env: { PENSTOCK_LOG_LEVEL: 'warn', SIMULATOR_LEDGER_MAX: '1000' },
    appEnv: { gateway: gatewayEnv },
  });
  const reaper = new Reaper(1_000);
  try {
    const { relay, upstream } = await startYardstick(pinning, reaper);
    const load = new LoadClient();
    const redis = new Redis(stack.redisUrl);
    const database = new pg.Client({ connectionString: stack.databaseUrl });
    await database.connect();
    const stop = async (): Promise<void> => {
      load.stop();
      redis.disconnect();
      await database.end();
      await Promise.all([relay.stop(), upstream.stop()]);
      await stack.stop();
      await reaper.close();
    };
    return { stack, relay, ungovernedUpstream: upstream, load, redis, database, stop };
  } catch (error) {
    await reaper.close();
    await stack.stop();
    throw error;
  }
}

async function startYardstick(
  pinning: Pinning,
  reaper: Reaper,
): Promise<{ relay: StackProcess; upstream: StackProcess }> {
  const [relayPort, upstreamPort] = (await freePorts(2)) as [number, number];
  const upstream = new StackProcess({
    name: 'simulator of the relay',
    command: process.execPath,
    args: [fileURLToPath(new URL('../../simulator/dist/main.js', import.meta.url))],
    env: { SIMULATOR_PORT: String(upstreamPort), SIMULATOR_LEDGER_MAX: '1000' },
    port: upstreamPort,
    reaper,
  });
  upstream.launch();
  const program = [
    process.execPath,
    fileURLToPath(new URL('relay.js', import.meta.url)),
    String(relayPort),
    upstream.url,
  ];
  const [command = process.execPath, ...args] = pinning.launcher.concat(program);
  const relay = new StackProcess({
    name: 'relay',
    command,
    args,
    // As the gateway runs; Node and undici behave alike then.
    env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
    port: relayPort,
    reaper,
  });
  relay.launch();
  await Promise.all([upstream.waitUntilHealthy(), relay.waitUntilHealthy()]);
  return { relay, upstream };
}

/** The three ways to the same answer. */
export function targetsOf(system: System, virtualKey: string): { direct: Target; relay: Target; gateway: Target } {
  const ungoverned = { authorization: 'Bearer sk-simulator' };
  return {
    direct: { port: system.ungovernedUpstream.port, path: CHAT_PATH, headers: ungoverned },
    relay: { port: system.relay.port, path: CHAT_PATH, headers: ungoverned },
    gateway: {
      port: portOf(system.stack.gatewayUrl),
      path: CHAT_PATH,
      headers: { authorization: `Bearer ${virtualKey}` },
    },
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
