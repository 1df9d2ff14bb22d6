/** One variable of the environment and what is wrong with it. */
export interface ConfigProblem {
  variable: string;
  reason: string;
}

/** The environment does not fit the configuration class; lists every problem, so that one restart is enough. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(describe(problems));
  }
}

function describe(problems: readonly ConfigProblem[]): string {
  const noun = problems.length === 1 ? 'variable needs' : 'variables need';
  const lines = problems.map(({ variable, reason }) => `  ${variable}: ${reason}`);
  return [`${problems.length} environment ${noun} attention:`, ...lines].join('\n');
}
