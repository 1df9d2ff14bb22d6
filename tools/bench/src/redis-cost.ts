import type { Redis } from 'ioredis';

/** What Redis has spent so far. */
export interface RedisCost {
  readonly cpuUs: number;
  /** Time inside commands and number of calls, by command. */
  readonly commands: ReadonlyMap<string, { readonly calls: number; readonly us: number }>;
}

/** Reads INFO cpu and commandstats. */
export async function readRedisCost(redis: Redis): Promise<RedisCost> {
  const cpu = await redis.info('cpu');
  const stats = await redis.info('commandstats');
  return {
    cpuUs: (numberIn(cpu, 'used_cpu_user') + numberIn(cpu, 'used_cpu_sys')) * 1e6,
    commands: new Map(
      [...stats.matchAll(/^cmdstat_(\S+?):calls=(\d+),usec=(\d+)/gm)].map(([, name = '', calls, us]) => [
        name,
        { calls: Number(calls), us: Number(us) },
      ]),
    ),
  };
}

function numberIn(info: string, field: string): number {
  return Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(info)?.[1]);
}

/** How often each command ran between two readings, and how long it took altogether. */
export function commandsBetween(
  before: RedisCost,
  after: RedisCost,
): { readonly name: string; readonly calls: number; readonly us: number }[] {
  return [...after.commands].map(([name, { calls, us }]) => {
    const earlier = before.commands.get(name) ?? { calls: 0, us: 0 };
    return { name, calls: calls - earlier.calls, us: us - earlier.us };
  });
}

/** The dearest commands between two readings, as text per gateway call. */
export function dearestCommands(before: RedisCost, after: RedisCost, calls: number, count: number): string[] {
  return commandsBetween(before, after)
    .toSorted((left, right) => right.us - left.us)
    .slice(0, count)
    .filter(({ us }) => us > 0)
    .map(
      ({ name, calls: made, us }) => `${name} ${(us / calls).toFixed(1)} us in ${(made / calls).toFixed(2)} commands`,
    );
}
