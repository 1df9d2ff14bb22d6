import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { creditsFor } from '@penstock/domain';
import { simulated, startStack, type Stack } from '@penstock/testing';

import { type JobAnswer, type JobTeam, JobWorld, MODEL } from './support/job-team.js';

let stack: Stack;
let world: JobWorld;

beforeAll(async () => {
  stack = await startStack({ admins: 2 });
  world = await JobWorld.open(stack);
});

afterAll(async () => {
  const differences = await world.differences();
  await world.close();
  await stack.stop();
  if (differences.length > 0) throw new Error(`the books disagree: ${JSON.stringify(differences)}`);
});

function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)));
}

/** Runs them, some at a time: a client with that many connections. */
async function timesInTurns<T>(count: number, atOnce: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let from = 0; from < count; from += atOnce) {
    results.push(...(await times(Math.min(atOnce, count - from), (index) => make(from + index))));
  }
  return results;
}

const complete = (team: JobTeam, jobId: string, admin: number, status = 'completed'): Promise<JobAnswer> =>
  world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status }, admin);

async function deductions(team: JobTeam): Promise<{ count: number; credits: number }> {
  const [row]: { count: string; credits: string }[] = await world.db.query(
    `SELECT count(*), COALESCE(sum(credits), 0) AS credits FROM ledger.credit_transfers
     WHERE account_id = $1 AND type = 'deduction'`,
    [team.accountId],
  );
  return { count: Number(row?.count), credits: Number(row?.credits) };
}

describe('two admin processes', () => {
  it('charge 200 jobs that are completed at once, each once', async () => {
    const team = await world.createTeam({ credits: 1_000 });
    const jobs = await timesInTurns(200, 50, (index) => world.createJob(team, index));
    expect((await world.account(team)).openHolds).toBe(200);

    const answers = await times(200, (index) => complete(team, jobs[index] ?? '', index));

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
    expect(await world.account(team)).toEqual({ allocated: 1_000, used: 200, openHolds: 0 });
    expect(await deductions(team)).toEqual({ count: 200, credits: 200 });
    const balance = await world.operate('GET', `/api/credits/teams/${team.teamId}/balance`);
    expect(balance.body).toMatchObject({ credits_remaining: 800, credits_available: 800 });
  });

  it('charge one job that is completed 200 times once, and answer each the same', async () => {
    const team = await world.createTeam({ credits: 10 });
    const jobId = await world.createJob(team);

    const answers = await times(200, (index) => complete(team, jobId, index));

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await world.account(team)).toEqual({ allocated: 10, used: 1, openHolds: 0 });
    expect(await deductions(team)).toEqual({ count: 1, credits: 1 });
  });

  it('agree about the end of a job that is completed, failed and cancelled at once', async () => {
    const team = await world.createTeam({ credits: 100 });
    const jobs = await timesInTurns(20, 20, (index) => world.createJob(team, index));
    for (const jobId of jobs) {
      const answers = await Promise.all([
        complete(team, jobId, 0),
        complete(team, jobId, 1, 'failed'),
        world.call(team, 'POST', `/api/jobs/${jobId}/cancel`, {}, 0),
        complete(team, jobId, 1),
      ]);
      const { status } = await world.job(jobId);
      for (const answer of answers) {
        if (answer.status === 200) expect(answer.body.status).toBe(status);
        else expect(answer).toMatchObject({ status: 409, body: { code: 'job_ended' } });
      }
      expect(answers.some((answer) => answer.status === 200)).toBe(true);
    }
    const completed = await world.db.query("SELECT job_id FROM saas.jobs WHERE team_id = $1 AND status = 'completed'", [
      team.teamId,
    ]);
    expect(await world.account(team)).toEqual({ allocated: 100, used: completed.length, openHolds: 0 });
  });

  it('let no more jobs begin than there are credits', async () => {
    const team = await world.createTeam({ credits: 7 });
    const answers = await times(30, (index) =>
      world.call(team, 'POST', '/api/jobs/create', { team_id: team.teamId, job_type: 'x' }, index),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
    expect(answers.filter(({ status }) => status === 402)).toHaveLength(23);
    expect(await world.account(team)).toEqual({ allocated: 7, used: 0, openHolds: 7 });
  });
});

describe.each([
  ['consumption_usd', { creditsPerDollar: '1000000.00' }],
  ['consumption_tokens', { tokensPerCredit: 20 }],
] as const)('a job by %s whose calls run at once', (mode, rates) => {
  it('is charged the formula, and never more than there is', async () => {
    const team = await world.createTeam({ credits: 60, mode, ...rates });
    const jobId = await world.createJob(team);
    const answers = await times(12, (index) =>
      world.call(
        team,
        'POST',
        `/api/jobs/${jobId}/llm-call`,
        { model: MODEL, max_tokens: 16, messages: simulated({ latencyMs: 50 + index * 5 }) },
        index,
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.every((status) => status === 200 || status === 402)).toBe(true);
    expect(statuses).toContain(200);
    expect(statuses).toContain(402);
    const refusal = answers.find(({ status }) => status === 402);
    expect(refusal?.body).toMatchObject({ code: 'credits_exhausted', detail: expect.any(String) });

    const completed = await complete(team, jobId, 1);
    expect(completed.status).toBe(200);
    const job = await world.job(jobId);
    const expected = creditsFor(
      {
        mode,
        hundredthsPerDollar: BigInt(job.hundredths_per_dollar),
        tokensPerCredit: BigInt(job.tokens_per_credit),
      },
      { tokens: Number(job.tokens), clientCostNanoUsd: BigInt(job.client_cost_nano_usd) },
    );
    expect(BigInt(job.credits_charged)).toBe(expected);
    const { used, openHolds } = await world.account(team);
    expect(used).toBe(Number(expected));
    expect(used).toBeGreaterThan(1);
    expect(used).toBeLessThanOrEqual(60);
    expect(openHolds).toBe(0);
    expect(completed.body.costs.credits_remaining).toBe(60 - used);
    const balance = await world.operate('GET', `/api/credits/teams/${team.teamId}/balance`);
    expect(balance.body).toMatchObject({ credits_remaining: 60 - used, credits_available: 60 - used });
  });

  it('is charged no more than its calls reserved when the mode changes meanwhile', async () => {
    const team = await world.createTeam({ credits: 50, mode: 'job_based', ...rates });
    const before = await world.createJob(team);
    await world.operate('PATCH', `/api/credits/teams/${team.teamId}/budget-mode`, { budget_mode: mode });
    const answer = await world.call(team, 'POST', `/api/jobs/${before}/llm-call`, {
      model: MODEL,
      max_tokens: 4,
      messages: simulated({}),
    });
    expect(answer.status).toBe(200);
    await complete(team, before, 0);
    expect((await world.job(before)).credits_charged).toBe('1');
    const { used } = await world.account(team);
    expect(used).toBe(1);
  });
});
