import { createApp, type AppOptions, type CreatedApp } from '../../src/bootstrap/create-app.js';
import { BaseConfig } from '../../src/config/base-config.js';
import { loadConfig } from '../../src/config/load-config.js';
import { createLogger } from '../../src/logging/logger.js';

/** A running app and what a test wants to know of it. */
export interface TestApp extends CreatedApp {
  url: string;
  port: number;
  /** The log so far, one object a line. */
  lines: Record<string, unknown>[];
  /** The log as text, to search for what must not be in it. */
  text(): string;
}

/** A configuration that leaves at once. */
export function testConfig(env: NodeJS.ProcessEnv = {}): BaseConfig {
  return loadConfig(BaseConfig, { REDIS_URL: 'redis://127.0.0.1:1', PENSTOCK_SHUTDOWN_GRACE_MS: '5000', ...env });
}

/** Starts an app on a free port. */
export async function startTestApp(options: Pick<AppOptions, 'module'> & Partial<AppOptions>): Promise<TestApp> {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('test', {
    level: 'debug',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
  });
  const created = await createApp({ name: 'test', surface: 'governance', config: testConfig(), logger, ...options });
  await created.app.listen({ port: 0, host: '127.0.0.1' });
  const port = Number(new URL(await created.app.getUrl()).port);
  return { ...created, url: `http://127.0.0.1:${port}`, port, lines, text: () => JSON.stringify(lines) };
}
