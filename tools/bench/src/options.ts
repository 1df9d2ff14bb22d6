/** How long the parts of a run take and how often they are repeated. */
export interface BenchOptions {
  /** Print one JSON object as the last line. */
  readonly isJson: boolean;
  /** Record a CPU profile of the gateway instead of measuring. */
  readonly isProfile: boolean;
  /** Of load per target and round at full concurrency. */
  readonly roundMs: number;
  readonly rounds: number;
  /** Of load per target and round at concurrency 1, and per streaming round. */
  readonly latencyMs: number;
  readonly latencyRounds: number;
  /** Of load before anything is measured, relay; the gateway has more code to compile and gets three times as much. */
  readonly warmUpMs: number;
  /** Of load while the worker stands still. */
  readonly backlogMs: number;
  readonly soakMs: number;
  readonly concurrency: number;
  /** Calls per second of the measurement at a fixed rate. */
  readonly ratePerS: number;
}

const DEFAULTS: BenchOptions = {
  isJson: false,
  isProfile: false,
  roundMs: 4_000,
  rounds: 5,
  latencyMs: 1_500,
  latencyRounds: 3,
  warmUpMs: 3_000,
  backlogMs: 4_000,
  soakMs: 20_000,
  concurrency: 32,
  ratePerS: 1_000,
};

const QUICK: Partial<BenchOptions> = {
  roundMs: 1_500,
  rounds: 3,
  latencyMs: 400,
  latencyRounds: 2,
  warmUpMs: 1_200,
  backlogMs: 1_000,
  soakMs: 2_000,
};

export const USAGE = `npm run bench [-- options]          calls through the gateway
npm run bench -- management      reads of the management API; takes --json and --quick
npm run bench -- reports         reports of the admin API; takes --json and --quick
  --json        one JSON object as the last line
  --quick       shorter rounds; numbers are rougher
  --seconds N   load per target and round (default ${DEFAULTS.roundMs / 1000})
  --profile     CPU profile of the gateway under load: top functions and files by self time
`;

/**
 * Reads the command line.
 *
 * @throws {RangeError} for a flag or number that makes no sense
 */
export function parseOptions(args: readonly string[]): BenchOptions {
  let options = DEFAULTS;
  for (let index = 0; index < args.length; index += 1) {
    const [flag = '', inline] = (args[index] as string).split('=', 2);
    switch (flag) {
      case '--json':
        options = { ...options, isJson: true };
        break;
      case '--quick':
        options = { ...options, ...QUICK };
        break;
      case '--profile':
        options = { ...options, isProfile: true };
        break;
      case '--seconds':
        options = { ...options, roundMs: secondsOf(inline ?? args[(index += 1)]) * 1000 };
        break;
      case '--':
        break;
      default:
        throw new RangeError(`Unknown option ${flag}.\n${USAGE}`);
    }
  }
  return options;
}

function secondsOf(text: string | undefined): number {
  const seconds = Number(text);
  if (!(seconds >= 0.5 && seconds <= 600))
    throw new RangeError(`--seconds must be between 0.5 and 600, got ${text ?? 'nothing'}.`);
  return seconds;
}
