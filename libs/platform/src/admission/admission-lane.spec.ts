import { describe, expect, it } from '@jest/globals';
import { NO_AMOUNTS } from '@penstock/domain';

import { AdmissionLane } from './admission-lane.js';
import { type CounterPlan, type ReserveOp, unitAmounts } from './admission-outcome.js';

const COUNTERS = ['q1.0.0'];
const plan: CounterPlan = {
  epoch: 1,
  validFromMs: 0,
  validUntilMs: 1,
  chargedIds: COUNTERS,
  counterIds: COUNTERS,
  caps: ['10'],
};
const op = (holdId: string): ReserveOp => ({
  holdId,
  holdRecord: '{}',
  plan,
  amounts: unitAmounts({ ...NO_AMOUNTS, requests: 1 }),
});
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A link whose calls are answered by hand, and which notes the order of what happens. */
function linkByHand() {
  const events: string[] = [];
  const answers: PromiseWithResolvers<unknown>[] = [];
  const lane = new AdmissionLane({
    run: (args) => {
      const { d, s, r } = JSON.parse(args[0]!) as Record<'d' | 's' | 'r', unknown[]>;
      events.push(`run ${r.length} reserves, ${s.length} settles, ${d.length} marks`);
      const answer = Promise.withResolvers<unknown>();
      answers.push(answer);
      return answer.promise;
    },
    mark: (ids) => events.push(`mark ${ids.join(' ')}`),
    onIdle: () => events.push('idle'),
  });
  return { lane, events, answers };
}

describe('a lane', () => {
  it('sends one call at a time, and what was asked meanwhile together in the next', async () => {
    const { lane, events, answers } = linkByHand();
    const first = lane.reserve(op('a'));
    await nextTurn();
    const others = ['b', 'c', 'd'].map((id) => lane.reserve(op(id)));
    await nextTurn();
    await nextTurn();
    expect(events).toEqual(['run 1 reserves, 0 settles, 0 marks']);
    answers[0]!.resolve(['R', '10']);
    expect((await first).status).toBe('refused');
    await nextTurn();
    answers[1]!.resolve(['R', 'R', 'R', '10']);
    await Promise.all(others);
    expect(events).toEqual(['run 1 reserves, 0 settles, 0 marks', 'run 3 reserves, 0 settles, 0 marks', 'idle']);
  });

  it('writes the mark of an admitted call before the caller hears of it', async () => {
    const { lane, events, answers } = linkByHand();
    const admitted = lane.reserve(op('a')).then(({ status }) => events.push(status));
    await nextTurn();
    answers[0]!.resolve(['A', '1']);
    await admitted;
    expect(events).toEqual(['run 1 reserves, 0 settles, 0 marks', 'mark a', 'idle', 'admitted']);
  });

  it('sends marks along with the next call when there is one', async () => {
    const { lane, events, answers } = linkByHand();
    const admitted = lane.reserve(op('a'));
    await nextTurn();
    const other = lane.reserve(op('b'));
    answers[0]!.resolve(['A', '1']);
    await admitted;
    expect(events[1]).toBe('run 1 reserves, 0 settles, 1 marks');
    answers[1]!.resolve(['R', '1']);
    await other;
  });

  it('refuses what waited behind a call without an answer, and goes on with the next', async () => {
    const { lane, answers } = linkByHand();
    const first = lane.reserve(op('a'));
    await nextTurn();
    const behind = lane.reserve(op('b'));
    answers[0]!.reject(new Error('no answer'));
    await expect(first).rejects.toThrow('no answer');
    await expect(behind).rejects.toMatchObject({ name: 'StoreUnavailableError', mayHaveRun: false });
    const later = lane.reserve(op('c'));
    await nextTurn();
    answers[1]!.resolve(['R', '1']);
    expect((await later).status).toBe('refused');
  });

  it('never sends more than 64 operations in one call', async () => {
    const { lane, events, answers } = linkByHand();
    const all = Array.from({ length: 100 }, (_, index) => lane.reserve(op(`h${index}`)));
    await nextTurn();
    answers[0]!.resolve([...Array.from({ length: 64 }, () => 'R'), '10']);
    await all[0];
    await nextTurn();
    answers[1]!.resolve([...Array.from({ length: 36 }, () => 'R'), '10']);
    await Promise.all(all);
    expect(events.slice(0, 2)).toEqual(['run 64 reserves, 0 settles, 0 marks', 'run 36 reserves, 0 settles, 0 marks']);
  });
});
