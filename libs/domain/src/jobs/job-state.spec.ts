import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { BUDGET_MODES, creditsFor, creditsHeld, type CreditTerms, microCreditsFor } from '../credits/credit-charge.js';
import {
  creditsOfJob,
  decideEnd,
  decideJobCall,
  endAfterCall,
  isJobEnded,
  JOB_STATUSES,
  type JobEnd,
  type JobStatus,
} from './job-state.js';

const ENDS: readonly JobEnd[] = ['completed', 'failed', 'cancelled'];

const jobOf = (status: JobStatus, unfinishedCalls = 0, isSingleCall = false) => ({
  status,
  unfinishedCalls,
  isSingleCall,
});

const terms = fc.record({
  mode: fc.constantFrom(...BUDGET_MODES),
  hundredthsPerDollar: fc.bigInt(1n, 10_000_000n),
  tokensPerCredit: fc.bigInt(1n, 1_000_000n),
});
const calls = fc.array(
  fc.record({
    tokens: fc.integer({ min: 0, max: 10_000_000 }),
    clientCostNanoUsd: fc.bigInt(0n, 10_000_000_000_000n),
  }),
  { maxLength: 20 },
);

function sumsOf(
  used: readonly { tokens: number; clientCostNanoUsd: bigint }[],
  termsOfCall: (index: number) => CreditTerms,
) {
  return {
    tokens: used.reduce((sum, call) => sum + BigInt(call.tokens), 0n),
    clientCostNanoUsd: used.reduce((sum, call) => sum + call.clientCostNanoUsd, 0n),
    microCredits: used.reduce((sum, call, index) => sum + microCreditsFor(termsOfCall(index), call), 0n),
  };
}

describe('the end of a job', () => {
  it.each<[JobStatus, JobEnd, number, string]>([
    ['pending', 'completed', 0, 'ends'],
    ['pending', 'failed', 0, 'ends'],
    ['pending', 'cancelled', 0, 'ends'],
    ['in_progress', 'completed', 0, 'ends'],
    ['in_progress', 'failed', 0, 'ends'],
    ['in_progress', 'cancelled', 0, 'ends'],
    ['in_progress', 'completed', 1, 'job_busy'],
    ['in_progress', 'failed', 2, 'job_busy'],
    ['in_progress', 'cancelled', 1, 'job_busy'],
    ['completed', 'completed', 0, 'repeated'],
    ['completed', 'failed', 0, 'job_ended'],
    ['completed', 'cancelled', 0, 'job_ended'],
    ['failed', 'completed', 0, 'job_ended'],
    ['failed', 'failed', 0, 'repeated'],
    ['failed', 'cancelled', 0, 'job_ended'],
    ['cancelled', 'completed', 0, 'job_ended'],
    ['cancelled', 'failed', 0, 'job_ended'],
    ['cancelled', 'cancelled', 0, 'repeated'],
  ])('%s, asked to be %s with %d calls under way: %s', (status, wanted, unfinished, expected) => {
    const decision = decideEnd(jobOf(status, unfinished), wanted);
    expect(decision.kind === 'refused' ? decision.code : decision.kind).toBe(expected);
  });

  it('comes once, whatever is asked in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ENDS), { minLength: 1 }), (wishes) => {
        let status: JobStatus = 'in_progress';
        let ends = 0;
        for (const wanted of wishes) {
          if (decideEnd(jobOf(status), wanted).kind !== 'ends') continue;
          status = wanted;
          ends += 1;
        }
        expect(ends).toBe(1);
        expect(status).toBe(wishes[0]);
      }),
    );
  });

  it.each([
    [null, 1, 'completed'],
    [null, 3, 'completed'],
    [null, 0, 'failed'],
    ['the provider was away', 0, 'failed'],
    ['the answer broke off', 1, 'failed'],
  ] as const)('after its only call with error %p and %d accounted attempts it is %3$s', (error, attempts, expected) => {
    expect(endAfterCall({ error, attempts })).toBe(expected);
  });
});

describe('a call for a job', () => {
  it.each<[JobStatus, string]>([
    ['pending', 'calls, starts'],
    ['in_progress', 'calls'],
    ['completed', 'job_ended'],
    ['failed', 'job_ended'],
    ['cancelled', 'job_ended'],
  ])('%s: %s', (status, expected) => {
    const decision = decideJobCall(jobOf(status, 3));
    const text = decision.kind === 'refused' ? decision.code : `calls${decision.startsJob ? ', starts' : ''}`;
    expect(text).toBe(expected);
  });

  it('is the only one of a job that was made for one', () => {
    expect(decideJobCall(jobOf('in_progress', 0, true))).toEqual({ kind: 'refused', code: 'job_busy' });
  });

  it('is possible exactly while the job has not ended', () => {
    for (const status of JOB_STATUSES) {
      expect(decideJobCall(jobOf(status)).kind === 'refused').toBe(isJobEnded(status));
    }
  });
});

describe('the charge of a job', () => {
  it('is the formula of its terms when they are those of its calls', () => {
    fc.assert(
      fc.property(terms, calls, (theTerms, used) => {
        const sums = sumsOf(used, () => theTerms);
        expect(creditsOfJob('completed', theTerms, sums)).toBe(
          creditsFor(theTerms, { tokens: Number(sums.tokens), clientCostNanoUsd: sums.clientCostNanoUsd }),
        );
      }),
    );
  });

  it('is never more than what is reserved, however often the terms change, and at least one credit', () => {
    fc.assert(
      fc.property(terms, fc.array(terms, { minLength: 1 }), calls, (own, others, used) => {
        const sums = sumsOf(used, (index) => others[index % others.length] ?? own);
        const charged = creditsOfJob('completed', own, sums);
        expect(charged).toBeLessThanOrEqual(creditsHeld(sums.microCredits));
        expect(charged).toBeGreaterThanOrEqual(1n);
      }),
    );
  });

  it('is nothing for a job that failed or was cancelled', () => {
    fc.assert(
      fc.property(terms, calls, (theTerms, used) => {
        const sums = sumsOf(used, () => theTerms);
        expect(creditsOfJob('failed', theTerms, sums)).toBe(0n);
        expect(creditsOfJob('cancelled', theTerms, sums)).toBe(0n);
      }),
    );
  });
});
