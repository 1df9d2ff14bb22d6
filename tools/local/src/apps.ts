import path from 'node:path';

import { NODE_FLAGS, type Reaper, ServerProcess, waitUntil } from '@penstock/servers';

import { type LocalConfig, type PortSetting, ROOT } from './config.js';
import type { LocalSecrets } from './secrets.js';
import { Service } from './service.js';
import { StartError } from './start-error.js';

const HEALTH_TIMEOUT_MS = 60_000;
/** What the apps give their own requests unless PENSTOCK_SHUTDOWN_GRACE_MS says otherwise. */
const DRAIN_DEFAULT_MS = 20_000;
/** After its drain an app ends by its own watchdog; SIGKILL must not come before that. */
const WATCHDOG_MS = 20_000;

type App = PortSetting['app'];

/** What the apps need from the stack. */
export interface AppContext {
  readonly config: LocalConfig;
  readonly secrets: LocalSecrets;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly reaper: Reaper;
  readonly print: (name: string, line: string) => void;
}

/** The key that gateways show to the simulator, which takes any. */
const SIMULATOR_KEY = 'sk-simulator';

/** Where this machine reaches an app. */
export function urlOf(config: LocalConfig, app: App): string {
  const isAnyAddress = config.host === '0.0.0.0' || config.host === '::';
  const host = isAnyAddress ? '127.0.0.1' : config.host.includes(':') ? `[${config.host}]` : config.host;
  return `http://${host}:${config.ports[app].port}`;
}

/** The apps in the order they are started; the reverse is the order in which nothing loses what it calls. */
export function createApps(context: AppContext): Service[] {
  const names: App[] = ['governance', 'admin', 'worker', 'gateway'];
  if (context.config.hasSimulator) names.unshift('simulator');
  const { env } = context.config;
  const drainMs = Number(env['PENSTOCK_SHUTDOWN_GRACE_MS']) || DRAIN_DEFAULT_MS;
  const delayMs = Number(env['PENSTOCK_SHUTDOWN_DELAY_MS']) || 0;
  return names.map((app) => new Service(app, () => launch(app, context), delayMs + drainMs + WATCHDOG_MS));
}

async function launch(app: App, context: AppContext): Promise<ServerProcess> {
  const url = urlOf(context.config, app);
  const folder = app === 'simulator' ? 'tools' : 'apps';
  const running = new ServerProcess({
    name: app,
    command: process.execPath,
    args: [...NODE_FLAGS, '--enable-source-maps', path.join(ROOT, folder, app, 'dist', 'main.js')],
    cwd: ROOT,
    env: environmentOf(app, context),
    reaper: context.reaper,
    onLine: (line) => context.print(app, line),
  });
  try {
    await waitUntil(async () => !running.isRunning || (await answersHealth(url)), {
      what: `${app} to answer GET ${url}/health with 200`,
      timeoutMs: HEALTH_TIMEOUT_MS,
      intervalMs: 50,
    });
  } catch (error) {
    await running.stop(0);
    throw new StartError(
      `${app} did not become healthy: ${error instanceof Error ? error.message : String(error)}`,
      running.describe(),
    );
  }
  if (!running.isRunning)
    throw new StartError(`${app} ended while it started; its last lines are below.`, running.describe());
  return running;
}

async function answersHealth(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
  await response.arrayBuffer();
  return response.status === 200;
}

/** The environment of the terminal, with the addresses and secrets that this app needs and no others. */
function environmentOf(app: App, { config, secrets, databaseUrl, redisUrl }: AppContext): NodeJS.ProcessEnv {
  const { MASTER_KEY, PENSTOCK_TOKEN_SECRETS } = secrets;
  const { PENSTOCK_SERVICE_TOKEN, PENSTOCK_KEY_HASH_SECRET, PENSTOCK_ENCRYPTION_KEYS } = secrets;
  const hidden = {
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    MASTER_KEY: undefined,
    PENSTOCK_TOKEN_SECRETS: undefined,
    PENSTOCK_SERVICE_TOKEN: undefined,
    PENSTOCK_KEY_HASH_SECRET: undefined,
    PENSTOCK_ENCRYPTION_KEYS: undefined,
  };
  const common = {
    ...config.env,
    ...hidden,
    NODE_ENV: config.env['NODE_ENV'] ?? 'production',
    PENSTOCK_HOST: config.host,
    [config.ports[app].variable]: String(config.ports[app].port),
    REDIS_URL: redisUrl,
    PENSTOCK_GOVERNANCE_URL: urlOf(config, 'governance'),
    PENSTOCK_ADMIN_URL: urlOf(config, 'admin'),
    PENSTOCK_GATEWAY_URL: urlOf(config, 'gateway'),
  };
  const database = { DATABASE_URL: databaseUrl };
  switch (app) {
    case 'gateway':
      return {
        ...common,
        PENSTOCK_SERVICE_TOKEN,
        PENSTOCK_KEY_HASH_SECRET,
        PENSTOCK_ENCRYPTION_KEYS,
        ...providerOf(config),
      };
    case 'governance':
    case 'admin':
      return {
        ...common,
        ...database,
        MASTER_KEY,
        PENSTOCK_TOKEN_SECRETS,
        PENSTOCK_SERVICE_TOKEN,
        PENSTOCK_KEY_HASH_SECRET,
        PENSTOCK_ENCRYPTION_KEYS,
      };
    case 'worker':
      return { ...common, ...database, PENSTOCK_ENCRYPTION_KEYS };
    case 'simulator':
      return {
        ...config.env,
        ...hidden,
        SIMULATOR_HOST: '127.0.0.1',
        SIMULATOR_PORT: String(config.ports.simulator.port),
      };
  }
}

function providerOf(config: LocalConfig): Record<string, string> {
  if (!config.hasSimulator) return {};
  return { OPENAI_BASE_URL: `http://127.0.0.1:${config.ports.simulator.port}/v1`, OPENAI_API_KEY: SIMULATOR_KEY };
}
