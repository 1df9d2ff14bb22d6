import type { MeasuringOptions } from './measure-reads.js';

/** What the management benchmark seeds and how long it measures. */
export interface ManagementOptions extends MeasuringOptions {
  /** Print one JSON object as the last line. */
  readonly isJson: boolean;
  readonly customers: number;
  readonly teams: number;
  readonly keys: number;
  /** Rows of `ledger.usage_events`, so that a read that scans them would show. */
  readonly usageEvents: number;
}

const DEFAULTS: ManagementOptions = {
  isJson: false,
  customers: 100,
  teams: 1_000,
  keys: 10_000,
  usageEvents: 200_000,
  rounds: 5,
  callsPerRound: 60,
  wholeListCallsPerRound: 8,
};

const QUICK: Partial<ManagementOptions> = { rounds: 2, callsPerRound: 20, wholeListCallsPerRound: 3 };

export const MANAGEMENT_USAGE = `npm run bench -- management [options]
  --json        one JSON object as the last line
  --quick       fewer calls; numbers are rougher
`;

/**
 * Reads the command line after the word `management`.
 *
 * @throws {RangeError} for a flag that does not exist
 */
export function parseManagementOptions(args: readonly string[]): ManagementOptions {
  let options = DEFAULTS;
  for (const flag of args) {
    if (flag === '--json') options = { ...options, isJson: true };
    else if (flag === '--quick') options = { ...options, ...QUICK };
    else throw new RangeError(`Unknown option ${flag}.\n${MANAGEMENT_USAGE}`);
  }
  return options;
}
