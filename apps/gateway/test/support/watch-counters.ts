import { EPOCH_FIELD, tenantKeys } from '@penstock/dto';
import type { Redis } from 'ioredis';

/** Every value that the counters of a tenant ever had, as Redis itself saw them written. */
export interface CounterWatch {
  /** Greatest value of each counter so far. */
  readonly peaks: ReadonlyMap<string, bigint>;
  /** Everything since the last time this was asked, once all that Redis did before this call has been seen. */
  take(): Promise<ReadonlyMap<string, bigint>>;
  /** Resolves when everything that Redis did before this call has been seen, and stops watching. */
  stop(): Promise<void>;
}

/** Listens to the commands that Redis carries out, those inside scripts included: no sample between two values is missed. */
export async function watchCounters(redis: Redis, tenantId: string): Promise<CounterWatch> {
  const { counters } = tenantKeys(tenantId);
  const peaks = new Map<string, bigint>();
  const monitor = await redis.monitor();
  const waiting = new Map<string, () => void>();
  let markers = 0;
  const catchUp = async (): Promise<void> => {
    markers += 1;
    const marker = `seen-${tenantId}-${markers}`;
    const seen = new Promise<void>((resolve) => waiting.set(marker, resolve));
    await redis.echo(marker);
    await seen;
  };
  monitor.on('monitor', (_time: string, [command = '', key, ...args]: string[]) => {
    if (command.toLowerCase() === 'echo' && key !== undefined) waiting.get(key)?.();
    if (key !== counters) return;
    switch (command.toLowerCase()) {
      case 'hset':
      case 'hmset':
        for (let index = 0; index + 1 < args.length; index += 2) {
          const [field = '', value = ''] = args.slice(index, index + 2);
          if (field === EPOCH_FIELD) continue;
          if (BigInt(value) > (peaks.get(field) ?? -1n)) peaks.set(field, BigInt(value));
        }
        break;
      case 'hincrby':
      case 'hincrbyfloat':
      case 'hsetnx':
        throw new Error(`${command} moves a counter without saying its new value: watch it too`);
      default:
    }
  });
  return {
    peaks,
    take: async () => {
      await catchUp();
      const taken = new Map(peaks);
      peaks.clear();
      return taken;
    },
    stop: async () => {
      if (monitor.status === 'end') return;
      await catchUp();
      monitor.disconnect();
    },
  };
}
