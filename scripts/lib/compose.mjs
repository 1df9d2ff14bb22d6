import { spawnSync } from 'node:child_process';

import { projectEnv } from './project-node.mjs';

/** `docker compose config` reads the file as docker would; it needs no daemon. Skipped without the compose plugin. */
export async function composeCheck(checks) {
  const name = 'docker-compose.yml (docker compose config)';
  if (spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' }).status !== 0) {
    checks.skip(name, 'docker compose not found');
    return;
  }
  const secrets = [
    'MASTER_KEY',
    'PENSTOCK_TOKEN_SECRETS',
    'PENSTOCK_SERVICE_TOKEN',
    'PENSTOCK_KEY_HASH_SECRET',
    'PENSTOCK_ENCRYPTION_KEYS',
  ];
  const passwords = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD'];
  const values = Object.fromEntries([...secrets, ...passwords].map((variable) => [variable, 'only-for-this-check']));
  const args = ['compose', '--env-file', '/dev/null', '--file', 'docker-compose.yml', 'config', '--quiet'];
  await checks.command(name, { command: 'docker', args, env: { ...projectEnv(), ...values } });
}
