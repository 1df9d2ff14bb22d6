import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { type AdminApp, type AdminProcess, type Answer, MASTER_KEY, startAdmin } from './support/admin-app.js';
import { expectBalancedBooks, insertTeamWithCredits } from './support/credits.js';

const CALLS = 200;
/** Generous: every booking of an account waits for the one before it, and other work may share the machine. */
const TIMEOUT_MS = 180_000;

let admin: AdminApp;
let replica: AdminProcess;
let next = 0;

beforeAll(async () => {
  admin = await startAdmin();
  replica = await admin.startReplica();
});
afterEach(() => expectBalancedBooks(admin));
afterAll(async () => {
  await replica.stop();
  await admin.stop();
});

/**
 * The same kind of request many times at once, by turns on two processes. What is answered 503, because too many wait, is
 * sent again under its key, as clients do: so nothing may be lost and nothing doubled by that either.
 */
function parallel(teamId: string, route: string, bodyOf: (index: number) => object, key?: string): Promise<Answer[]> {
  const send = async (index: number): Promise<Answer> => {
    const answer = await (index % 2 === 0 ? admin : replica).call(
      'POST',
      `/api/credits/teams/${teamId}/${route}`,
      bodyOf(index),
      { 'x-admin-key': MASTER_KEY, 'idempotency-key': key ?? `${route}-${index}` },
    );
    return answer.status === 503 ? send(index) : answer;
  };
  return Promise.all(Array.from({ length: CALLS }, (_, index) => send(index)));
}

async function balanceOf(teamId: string): Promise<{ credits_remaining: number; credits_held: number }> {
  return (await admin.call('GET', `/api/credits/teams/${teamId}/balance`)).body;
}

const newTeam = async (credits = 0): Promise<string> =>
  (await insertTeamWithCredits(admin, `racing-${(next += 1)}`, credits)).teamId;

describe(`${CALLS} requests at once on two processes`, () => {
  it(
    'that add credits lose nothing and double nothing',
    async () => {
      const teamId = await newTeam();
      const answers = await parallel(teamId, 'add', (index) => ({ credits: index + 1 }));
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(await balanceOf(teamId)).toMatchObject({ credits_remaining: (CALLS * (CALLS + 1)) / 2, credits_held: 0 });
      const balances = answers.map(({ body }) => body.transaction.credits_after as number);
      expect(new Set(balances).size).toBe(CALLS);
    },
    TIMEOUT_MS,
  );

  it(
    'under one idempotency key are one booking, which all of them get',
    async () => {
      const teamId = await newTeam();
      const answers = await parallel(teamId, 'add', () => ({ credits: 7 }), 'the-only-one');
      expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
      expect(new Set(answers.map(({ body }) => body.transaction.transaction_id)).size).toBe(1);
      expect(await balanceOf(teamId)).toMatchObject({ credits_remaining: 7 });
    },
    TIMEOUT_MS,
  );

  it(
    'that take credits back never take more than there are',
    async () => {
      const teamId = await newTeam(100);
      const answers = await parallel(teamId, 'adjust', () => ({ credits: -3, reason: 'race' }));
      const taken = answers.filter(({ status }) => status === 200).length;
      const refused = answers.filter(
        ({ status, body }) => status === 400 && body.code === 'credits_insufficient',
      ).length;
      expect(taken + refused).toBe(CALLS);
      expect(await balanceOf(teamId)).toMatchObject({ credits_remaining: 100 - 3 * taken, credits_held: 0 });
      // One whose credits were held by another that then came too late may have been refused; the rest can be taken.
      expect(100 - 3 * taken).toBeGreaterThanOrEqual(0);
    },
    TIMEOUT_MS,
  );
});
