import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { SystemClock } from '@penstock/domain';
import { createDataSource } from '@penstock/entities';
import { sessionLeaseMs } from '@penstock/management';
import { loadConfigOrExit, revealSecret, type Secret, SecretEnv } from '@penstock/platform';

import { resetPassword } from './password-reset/reset-password.js';

const USAGE = `Sets the password of an operator's account and ends its logins, for when nobody can log in any more.

  reset-password <email> < file-with-the-new-password

The account is active afterwards and keeps its role. Exit 0: done. 1: no such account, or the password is too short.
2: wrong arguments, or the database failed.
`;

class ResetPasswordConfig {
  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;
}

const say = (message: string): void => {
  process.stderr.write(`reset-password: ${message}\n`);
};

/** @returns the exit code. */
async function main(): Promise<number> {
  const [email, ...rest] = process.argv.slice(2);
  if (email === undefined || email.startsWith('-') || rest.length > 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const config = loadConfigOrExit(ResetPasswordConfig);
  const dataSource = createDataSource({
    url: revealSecret(config.DATABASE_URL),
    applicationName: 'penstock-reset-password',
    poolMax: 1,
    statementTimeoutMs: 10_000,
  });
  try {
    await dataSource.initialize();
    const password = (await text(process.stdin)).replace(/\r?\n$/, '');
    const { sessionsRevoked } = await resetPassword(dataSource, email, password, new SystemClock().now());
    // Until then a process may remember a login of the account.
    await delay(sessionLeaseMs);
    say(`done: ${sessionsRevoked} logins of ${email} were ended`);
    return 0;
  } catch (error) {
    const isRefusal =
      error instanceof Error && 'code' in error && ['not_found', 'validation_failed'].includes(String(error.code));
    say(isRefusal && 'detail' in error ? String(error.detail) : String(error));
    return isRefusal ? 1 : 2;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

process.exitCode = await main();
