import type { MeasuringOptions } from '../management/measure-reads.js';

/** What the benchmark of the reports seeds and how long it measures. */
export interface ReportsOptions extends MeasuringOptions {
  /** Print one JSON object as the last line. */
  readonly isJson: boolean;
  /** Teams of the organization, each with a key. The first has two fifths of all jobs and calls. */
  readonly teams: number;
  /** Calls of a year. */
  readonly usageEvents: number;
  /** Jobs of that year, {@link CALLS_PER_JOB} calls each; their served calls are among the events. */
  readonly jobs: number;
  /** Transactions of credits, about. */
  readonly creditTransfers: number;
  readonly auditEntries: number;
}

/** Calls that are made for each job. */
export const CALLS_PER_JOB = 4;

const DEFAULTS: ReportsOptions = {
  isJson: false,
  teams: 50,
  usageEvents: 1_000_000,
  jobs: 50_000,
  creditTransfers: 100_000,
  auditEntries: 100_000,
  rounds: 5,
  callsPerRound: 40,
  wholeListCallsPerRound: 8,
};

const QUICK: Partial<ReportsOptions> = {
  usageEvents: 100_000,
  jobs: 5_000,
  creditTransfers: 10_000,
  auditEntries: 10_000,
  rounds: 2,
  callsPerRound: 20,
  wholeListCallsPerRound: 3,
};

export const REPORTS_USAGE = `npm run bench -- reports [options]
  --json        one JSON object as the last line
  --quick       a tenth of the data and fewer calls
`;

/**
 * Reads the command line after the word `reports`.
 *
 * @throws {RangeError} for a flag that does not exist
 */
export function parseReportsOptions(args: readonly string[]): ReportsOptions {
  let options = DEFAULTS;
  for (const flag of args) {
    if (flag === '--json') options = { ...options, isJson: true };
    else if (flag === '--quick') options = { ...options, ...QUICK };
    else throw new RangeError(`Unknown option ${flag}.\n${REPORTS_USAGE}`);
  }
  return options;
}
