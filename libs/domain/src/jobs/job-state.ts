import { creditsFor, creditsHeld, type CreditTerms } from '../credits/credit-charge.js';

/** Where a job is. The last three are ends: nothing follows them. */
export type JobStatus = 'pending' | 'in_progress' | 'completed' | 'failed' | 'cancelled';

/** Every {@link JobStatus}, in the order in which a job goes through them. */
export const JOB_STATUSES = [
  'pending',
  'in_progress',
  'completed',
  'failed',
  'cancelled',
] as const satisfies JobStatus[];

/** How a job ends. Only a completed one is charged. */
export type JobEnd = 'completed' | 'failed' | 'cancelled';

/** What decides about a job. */
export interface JobState {
  readonly status: JobStatus;
  /** Made for one call, with which it ends. */
  readonly isSingleCall: boolean;
  /** Calls that run, or whose account is still on its way. */
  readonly unfinishedCalls: number;
}

/** Why a job does not do what was asked: it is over, or a call of it is not. */
export type JobRefusal = { readonly kind: 'refused'; readonly code: 'job_ended' | 'job_busy' };

/** What comes of the wish to end a job. `repeated`: it ended so before, and the first answer is given again. */
export type EndDecision = { readonly kind: 'ends' } | { readonly kind: 'repeated' } | JobRefusal;

/** What comes of the wish to make a call for a job. */
export type JobCallDecision = { readonly kind: 'calls'; readonly startsJob: boolean } | JobRefusal;

/** How a call of a job ended. */
export interface EndedCall {
  /** Why it failed; null when it did not. */
  readonly error: string | null;
  /** Upstream calls that were accounted for it. */
  readonly attempts: number;
}

/** What the calls of a job add up to. */
export interface JobSums {
  readonly tokens: bigint;
  /** Nano-dollars. */
  readonly clientCostNanoUsd: bigint;
  /** What the calls took of the job's hold, in millionths of a credit. */
  readonly microCredits: bigint;
}

/** Whether a job is over. */
export function isJobEnded(status: JobStatus): status is JobEnd {
  return status !== 'pending' && status !== 'in_progress';
}

/**
 * Ends are final: the same end again changes nothing, another one is refused. While a call is not over nobody can say
 * what the job costs, so that it waits.
 */
export function decideEnd({ status, unfinishedCalls }: JobState, wanted: JobEnd): EndDecision {
  if (status === wanted) return { kind: 'repeated' };
  if (isJobEnded(status)) return { kind: 'refused', code: 'job_ended' };
  return unfinishedCalls > 0 ? { kind: 'refused', code: 'job_busy' } : { kind: 'ends' };
}

/** Calls of one job may overlap. A job that was made for one call takes no other. */
export function decideJobCall({ status, isSingleCall }: JobState): JobCallDecision {
  if (isJobEnded(status)) return { kind: 'refused', code: 'job_ended' };
  if (isSingleCall) return { kind: 'refused', code: 'job_busy' };
  return { kind: 'calls', startsJob: status === 'pending' };
}

/** The end of a job that was made for one call: completed when the call gave what is paid for. */
export function endAfterCall({ error, attempts }: EndedCall): JobEnd {
  return error === null && attempts > 0 ? 'completed' : 'failed';
}

/**
 * Credits that a job is charged at its end. Its own terms count, those of its creation; but when the team's terms have
 * changed since, its calls may have reserved less than these terms ask for, and what was not reserved may be gone.
 * Then it is charged what is reserved, so that no balance is ever exceeded.
 */
export function creditsOfJob(end: JobEnd, terms: CreditTerms, sums: JobSums): bigint {
  if (end !== 'completed') return 0n;
  const asked = creditsFor(terms, { tokens: Number(sums.tokens), clientCostNanoUsd: sums.clientCostNanoUsd });
  const reserved = creditsHeld(sums.microCredits);
  return asked < reserved ? asked : reserved;
}
