import { progress } from '../progress.js';
import { median, quantile } from '../statistics.js';
import type { ApiReader } from './api-reader.js';
import type { Read } from './reads.js';
import type { StatementCounter } from './statement-counter.js';

/** Latencies of one read, round by round, in milliseconds. */
export type Rounds = readonly (readonly number[])[];

/** What one read costs its caller. */
export interface ReadCost {
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Median over the rounds of this read's median / the reference's median in the same round. */
  readonly ratioP50: number;
  readonly ratioP95: number;
  readonly calls: number;
}

/** A measured read. */
export interface ReadResult extends ReadCost {
  readonly name: string;
  /** Size of one answer, in bytes. */
  readonly bytes: number;
  /** SQL statements per call; null when PostgreSQL cannot count them. */
  readonly statements: number | null;
}

/** All reads, and the trivial one that they are compared with. */
export interface ReadsResult {
  readonly reference: ReadCost;
  readonly reads: readonly ReadResult[];
}

/** How much is measured. */
export interface MeasuringOptions {
  readonly rounds: number;
  /** Of a read that answers one entity, one page or one report, per round. */
  readonly callsPerRound: number;
  /** Of a read that answers everything there is, per round. */
  readonly wholeListCallsPerRound: number;
}

/** Answers without authentication or rows: one question each to PostgreSQL and Redis. */
const REFERENCE_PATH = '/health';
const COUNTED_CALLS = 4;

/** Times every read in every round, each time beside the reference: a slow spell of the machine meets both. */
export async function measureReads(
  api: ApiReader,
  reads: readonly Read[],
  options: MeasuringOptions,
  counter: StatementCounter,
): Promise<ReadsResult> {
  const counted = await countStatements(api, reads, counter);
  const reference: number[][] = [];
  const samples = new Map(reads.map(({ name }) => [name, { rounds: [] as number[][], bytes: 0 }]));
  let turn = 0;
  for (let round = 1; round <= options.rounds; round += 1) {
    progress(`reads, round ${round}/${options.rounds}`);
    const ofReference: number[] = [];
    for (const read of reads) {
      const calls = read.isWholeList ? options.wholeListCallsPerRound : options.callsPerRound;
      const ofRead: number[] = [];
      const sample = samples.get(read.name);
      for (let call = 0; call < calls; call += 1) {
        turn += 1;
        const answer = await api.time(read.path(turn), read.caller, read.body);
        ofRead.push(answer.elapsedMs);
        if (sample !== undefined) sample.bytes = answer.bytes;
        if (call % 5 === 0) ofReference.push((await api.time(REFERENCE_PATH)).elapsedMs);
      }
      sample?.rounds.push(ofRead);
    }
    reference.push(ofReference);
  }
  return {
    reference: costOf(reference, reference),
    reads: reads.map(({ name }) => {
      const { rounds = [], bytes = 0 } = samples.get(name) ?? {};
      return { name, bytes, statements: counted.get(name) ?? null, ...costOf(rounds, reference) };
    }),
  };
}

/** Also lets the compilers and the caches do their work before anything is timed. */
async function countStatements(
  api: ApiReader,
  reads: readonly Read[],
  counter: StatementCounter,
): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  for (const { name, caller, path, body } of reads) {
    await api.time(path(0), caller, body);
    await counter.reset();
    for (let call = 1; call <= COUNTED_CALLS; call += 1) await api.time(path(call), caller, body);
    const statements = await counter.count();
    if (statements !== null) counted.set(name, statements / COUNTED_CALLS);
  }
  return counted;
}

/** Quantiles over all calls, ratios over rounds. */
export function costOf(rounds: Rounds, reference: Rounds): ReadCost {
  const all = rounds.flat();
  const ratioAt = (share: number): number =>
    median(rounds.map((round, index) => quantile(round, share) / quantile(reference[index] ?? [], share)));
  return {
    p50Ms: quantile(all, 0.5),
    p95Ms: quantile(all, 0.95),
    ratioP50: ratioAt(0.5),
    ratioP95: ratioAt(0.95),
    calls: all.length,
  };
}
