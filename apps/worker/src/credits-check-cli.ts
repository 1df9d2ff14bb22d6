import { parseArgs } from 'node:util';

import { createDataSource } from '@penstock/entities';
import { checkCredits, type CreditCheck } from '@penstock/management';
import { loadConfigOrExit, revealSecret, SecretEnv, type Secret } from '@penstock/platform';

const USAGE = `Proves the books of all credits: entries, transfers, grants, holds and balances against each other.

  credits-check          exit 0 when everything balances; 1 and a table of what differs otherwise
  --json                 one JSON object

DATABASE_URL says where. Reads one consistent state, also while the system runs. Exit 2: wrong arguments, or PostgreSQL is not reachable.
`;

class CreditsCheckConfig {
  /** Carries a password. */
  @SecretEnv()
  DATABASE_URL: Secret;
}

/** @returns the exit code. */
async function main(): Promise<number> {
  const options = readArguments();
  if (options === undefined) return 2;
  const config = loadConfigOrExit(CreditsCheckConfig);
  const dataSource = createDataSource({
    url: revealSecret(config.DATABASE_URL),
    applicationName: 'penstock-credits-check',
    poolMax: 1,
    statementTimeoutMs: 0,
  });
  try {
    await dataSource.initialize();
    const found = await dataSource.transaction('REPEATABLE READ', (tx) => checkCredits(tx));
    process.stdout.write(`${options.isJson ? renderJson(found) : renderText(found)}\n`);
    return found.differences.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`credits-check: ${error instanceof Error ? error.message : String(error)}\n`);
    return 2;
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function renderText({ accounts, transfers, differences }: CreditCheck): string {
  const summary = `${accounts} accounts, ${transfers} transactions`;
  if (differences.length === 0) return `${summary}: the books balance.`;
  const rows = [
    ['check', 'team', 'id', 'expected', 'actual'],
    ...differences.map(({ check, teamId, id, expected, actual }) => [
      check,
      teamId ?? '',
      id,
      `${expected}`,
      `${actual}`,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`${summary}: ${differences.length} differences.`, '', ...lines].join('\n');
}

function renderJson({ differences, ...counts }: CreditCheck): string {
  return JSON.stringify({
    isBalanced: differences.length === 0,
    ...counts,
    differences: differences.map((one) => ({ ...one, expected: `${one.expected}`, actual: `${one.actual}` })),
  });
}

function readArguments(): { isJson: boolean } | undefined {
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
    if (values.help !== true) return { isJson: values.json === true };
    process.stderr.write(USAGE);
  } catch (error) {
    process.stderr.write(`credits-check: ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
  return undefined;
}

process.exitCode = await main();
