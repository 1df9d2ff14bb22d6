import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { StartError } from './start-error.js';

/** The clone. */
export const ROOT = path.resolve(fileURLToPath(new URL('../../..', import.meta.url)));

/** A port of the local stack and the variable that moves it. */
export interface PortSetting {
  readonly app: 'gateway' | 'governance' | 'admin' | 'worker' | 'simulator';
  readonly variable: string;
  readonly port: number;
}

/** What the environment asks of `npm start`. */
export interface LocalConfig {
  /** Data, secrets and locks of this stack. */
  readonly localDir: string;
  /** Address that the processes listen on. */
  readonly host: string;
  readonly ports: Readonly<Record<PortSetting['app'], PortSetting>>;
  /** Preferred ports of the two stores; another one is taken when busy. */
  readonly postgresPort: number;
  readonly redisPort: number;
  /** Stores of the operator's own; ours are not started then. */
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** False when the environment names a real provider. */
  readonly hasSimulator: boolean;
  /** Model of the first call, as the banner shows it. */
  readonly demoModel: string;
  /** Secrets that the environment decides. */
  readonly given: Readonly<Partial<Record<SecretVariable, string>>>;
  /** Everything else is handed to the processes as it is. */
  readonly env: NodeJS.ProcessEnv;
}

/** Variables that `npm start` generates and keeps unless they are given. */
export type SecretVariable =
  | 'MASTER_KEY'
  | 'PENSTOCK_TOKEN_SECRETS'
  | 'PENSTOCK_SERVICE_TOKEN'
  | 'PENSTOCK_KEY_HASH_SECRET'
  | 'PENSTOCK_ENCRYPTION_KEYS';

const SECRET_VARIABLES: readonly SecretVariable[] = [
  'MASTER_KEY',
  'PENSTOCK_TOKEN_SECRETS',
  'PENSTOCK_SERVICE_TOKEN',
  'PENSTOCK_KEY_HASH_SECRET',
  'PENSTOCK_ENCRYPTION_KEYS',
];

/** A real provider that the environment may name, and a model of it for the first call. */
export interface LocalProvider {
  readonly variables: readonly string[];
  readonly model: string;
}

const SIMULATED: LocalProvider = { variables: [], model: 'openai/gpt-4o-mini' };
const PROVIDERS: readonly LocalProvider[] = [
  { variables: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'], model: 'openai/gpt-4o-mini' },
  { variables: ['MISTRAL_API_KEY', 'MISTRAL_BASE_URL'], model: 'mistral/mistral-small-latest' },
  { variables: ['GROQ_API_KEY', 'GROQ_BASE_URL'], model: 'groq/llama-3.1-8b-instant' },
  { variables: ['DEEPSEEK_API_KEY', 'DEEPSEEK_BASE_URL'], model: 'deepseek/deepseek-chat' },
];

/** Reads the environment; an unusable value is one sentence. */
export function readConfig(env: NodeJS.ProcessEnv): LocalConfig {
  const port = (app: PortSetting['app'], variable: string, fallback: number): PortSetting => ({
    app,
    variable,
    port: portOf(env, variable, fallback),
  });
  const given: Partial<Record<SecretVariable, string>> = {};
  for (const variable of SECRET_VARIABLES) {
    const value = textOf(env, variable);
    if (value !== undefined) given[variable] = value;
  }
  const provider = PROVIDERS.find(({ variables }) => variables.some((variable) => textOf(env, variable) !== undefined));
  const config: LocalConfig = {
    localDir: path.resolve(ROOT, textOf(env, 'PENSTOCK_LOCAL_DIR') ?? '.local'),
    host: textOf(env, 'PENSTOCK_HOST') ?? '127.0.0.1',
    ports: {
      gateway: port('gateway', 'GATEWAY_PORT', 8080),
      governance: port('governance', 'GOVERNANCE_PORT', 8081),
      admin: port('admin', 'ADMIN_PORT', 8003),
      worker: port('worker', 'WORKER_PORT', 8082),
      simulator: port('simulator', 'SIMULATOR_PORT', 8090),
    },
    postgresPort: portOf(env, 'PENSTOCK_POSTGRES_PORT', 54_320),
    redisPort: portOf(env, 'PENSTOCK_REDIS_PORT', 63_790),
    databaseUrl: textOf(env, 'DATABASE_URL'),
    redisUrl: textOf(env, 'REDIS_URL'),
    hasSimulator: provider === undefined,
    demoModel: (provider ?? SIMULATED).model,
    given,
    env,
  };
  assertDistinct(config);
  return config;
}

function textOf(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = env[variable]?.trim();
  return value === '' ? undefined : value;
}

function portOf(env: NodeJS.ProcessEnv, variable: string, fallback: number): number {
  const text = textOf(env, variable);
  if (text === undefined) return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new StartError(`${variable} must be a port from 1 to 65535, not "${text}".`);
  }
  return port;
}

function assertDistinct(config: LocalConfig): void {
  const seen = new Map<number, string>();
  for (const { variable, port } of Object.values(config.ports)) {
    const other = seen.get(port);
    if (other !== undefined)
      throw new StartError(`${other} and ${variable} are both ${port}: give one of them another port.`);
    seen.set(port, variable);
  }
}
