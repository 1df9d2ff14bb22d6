export { DEFAULT_BEHAVIOUR, type Behaviour, type Failure, type UsagePosition } from './behaviour.js';
export { DEFAULT_COMPLETION_TOKENS, LISTED_MODELS } from './completion.js';
export type { Ending, LedgerEntry, LedgerSummary } from './ledger.js';
export { startSimulator, type Simulator, type SimulatorOptions } from './server.js';
