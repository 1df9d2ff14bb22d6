import { spawnSync } from 'node:child_process';

import { findProgram, findRedisServer, ServerProcess } from '@penstock/servers';

import { say } from './progress.js';
import { StartError } from './start-error.js';

const ADVICE = 'or set REDIS_URL to a server of your own, and try again';

/** Path of redis-server; installs it with the system's package manager when the machine has none. */
export async function ensureRedisProgram(env: NodeJS.ProcessEnv): Promise<string> {
  const present = findRedisServer();
  if (present !== undefined) return present;
  const searchPath = env['PATH'] ?? '';
  const apt = findProgram('apt-get', searchPath);
  const brew = findProgram('brew', searchPath);
  if (apt !== undefined) {
    const prefix = rootPrefix(searchPath);
    if (prefix === undefined)
      throw new StartError(`redis-server is missing: run "sudo apt-get install -y redis-server", ${ADVICE}.`);
    say('installing redis-server (apt-get install redis-server)');
    await run([...prefix, apt, 'update', '-q'], env);
    await run([...prefix, apt, 'install', '-y', '-q', '--no-install-recommends', 'redis-server'], env);
  } else if (brew !== undefined) {
    say('installing redis (brew install redis)');
    await run([brew, 'install', 'redis'], env);
  } else {
    throw new StartError(
      `redis-server is missing: install Redis 7 or newer (https://redis.io/docs/latest/get-started), ${ADVICE}.`,
    );
  }
  const installed = findRedisServer();
  if (installed === undefined)
    throw new StartError(`redis-server is still missing after its installation: put it into PATH, ${ADVICE}.`);
  return installed;
}

/** What makes a command run as root without asking anybody; undefined when nothing does. */
function rootPrefix(searchPath: string): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  const sudo = findProgram('sudo', searchPath);
  if (sudo === undefined || spawnSync(sudo, ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return undefined;
  return [sudo, '-n'];
}

async function run(words: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const [command = '', ...args] = words;
  const installer = new ServerProcess({
    name: command,
    command,
    args,
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const { code } = await installer.exited;
  // `update` complains about one broken mirror among many; whether it matters shows when the package is missing.
  if (code !== 0 && !args.includes('update')) {
    throw new StartError(
      `redis-server could not be installed with "${words.join(' ')}": install it by hand, ${ADVICE}.`,
      installer.describe(),
    );
  }
}
