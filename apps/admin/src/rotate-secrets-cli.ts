import { parseArgs } from 'node:util';

import { SystemClock } from '@penstock/domain';
import { createDataSource } from '@penstock/entities';
import { loadConfigOrExit, parseEncryptionKeys, revealSecret, SecretBox } from '@penstock/platform';

import { RotateSecretsConfig } from './secret-rotation/config.js';
import { SecretRotation } from './secret-rotation/secret-rotation.js';

const USAGE = `Seals every stored secret with the current encryption key: values of virtual keys, secrets of webhooks,
provider credentials. The last of PENSTOCK_ENCRYPTION_KEYS is the current one.

  rotate-secrets           exit 0 when every secret is sealed with it, 1 when some are not
  rotate-secrets --check   only counts; the same exit codes
  --batch <rows>           rows of one transaction, 1 to 10000 (default 200)

It may be stopped and started again at any time, also while the services run. Exit 2: wrong arguments, or the database
failed.
`;
const BATCH_DEFAULT = 200;
const BATCH_MAX = 10_000;
const UNOPENED_SHOWN_MAX = 20;

const say = (text: string): void => {
  process.stderr.write(`rotate-secrets: ${text}\n`);
};

/** @returns the exit code. */
async function main(): Promise<number> {
  const options = readArguments();
  if (options === undefined) return 2;
  const config = loadConfigOrExit(RotateSecretsConfig);
  const dataSource = createDataSource({
    url: revealSecret(config.DATABASE_URL),
    applicationName: 'penstock-rotate-secrets',
    poolMax: 2,
    statementTimeoutMs: 0,
  });
  try {
    await dataSource.initialize();
    const box = new SecretBox(parseEncryptionKeys(config.PENSTOCK_ENCRYPTION_KEYS));
    const rotation = new SecretRotation(dataSource, box, new SystemClock(), {
      batchSize: options.batchSize,
      onProgress: (secrets, resealed) => say(`${resealed} ${secrets} sealed with key version ${box.currentVersion}`),
    });
    if (options.isCheck) {
      const remaining = await rotation.countRemaining();
      say(`${remaining} secrets are not sealed with key version ${box.currentVersion}`);
      return remaining === 0 ? 0 : 1;
    }
    const { resealed, remaining, unopened } = await rotation.run();
    for (const { secrets, id, reason } of unopened.slice(0, UNOPENED_SHOWN_MAX)) say(`${secrets}, ${id}: ${reason}`);
    if (unopened.length > 0) say(`${unopened.length} secrets cannot be opened and were left as they are`);
    say(`done: ${resealed} sealed anew, ${remaining} not sealed with key version ${box.currentVersion}`);
    return remaining === 0 ? 0 : 1;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 2;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function readArguments(): { readonly isCheck: boolean; readonly batchSize: number } | undefined {
  try {
    const { values } = parseArgs({
      options: { check: { type: 'boolean' }, batch: { type: 'string' }, help: { type: 'boolean' } },
    });
    const batchSize = Number(values.batch ?? BATCH_DEFAULT);
    if (values.help !== true && Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= BATCH_MAX) {
      return { isCheck: values.check === true, batchSize };
    }
    process.stderr.write(USAGE);
  } catch (error) {
    process.stderr.write(`rotate-secrets: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  return undefined;
}

process.exitCode = await main();
