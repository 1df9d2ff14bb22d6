import type { SimulatorOptions } from './server.js';

const PORT_DEFAULT = 8090;

/** Reads `SIMULATOR_PORT`, `SIMULATOR_HOST`, `SIMULATOR_API_KEY` and `SIMULATOR_LEDGER_MAX`. */
export function readConfig(env: NodeJS.ProcessEnv): SimulatorOptions {
  const apiKey = env['SIMULATOR_API_KEY'];
  return {
    port: integerOf(env, 'SIMULATOR_PORT', PORT_DEFAULT, 65_535),
    host: env['SIMULATOR_HOST'] ?? '127.0.0.1',
    entriesMax: integerOf(env, 'SIMULATOR_LEDGER_MAX', 50_000, 10_000_000),
    ...(apiKey === undefined || apiKey === '' ? {} : { apiKey }),
  };
}

function integerOf(env: NodeJS.ProcessEnv, name: string, fallback: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${name} must be an integer from 0 to ${max}, got "${text}".`);
  return value;
}
