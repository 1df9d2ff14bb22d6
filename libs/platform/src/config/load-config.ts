import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

import { ConfigError, type ConfigProblem } from './config-error.js';

/** What a configuration class may add to its decorators: checks across variables. */
interface CrossChecked {
  crossCheck?(): ConfigProblem[];
}

/**
 * Parses the environment into a frozen instance of the class. A variable set to the empty text counts as not
 * set, because that is what `${NAME:-}` in a compose file produces.
 * @throws ConfigError with every problem at once
 */
export function loadConfig<T extends object>(configClass: new () => T, env: NodeJS.ProcessEnv): T {
  const known = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const config: T & CrossChecked = plainToInstance(configClass, Object.fromEntries(known), {
    exposeDefaultValues: true,
  });
  const problems = validateSync(config, { whitelist: true, forbidUnknownValues: false }).flatMap(
    ({ property, constraints }) => Object.values(constraints ?? {}).map((reason) => ({ variable: property, reason })),
  );
  if (problems.length === 0) {
    problems.push(...(config.crossCheck?.() ?? []));
  }
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return Object.freeze(config);
}

/** `loadConfig` for a `main.ts`: prints the problems as one message and ends the process with code 1. */
export function loadConfigOrExit<T extends object>(configClass: new () => T, env: NodeJS.ProcessEnv = process.env): T {
  try {
    return loadConfig(configClass, env);
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    }
    throw error;
  }
}
