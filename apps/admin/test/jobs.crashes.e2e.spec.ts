import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { creditCounterId } from '@penstock/domain';
import { tenantKeys } from '@penstock/dto';
import { simulated, startStack, type Stack, waitFor } from '@penstock/testing';
import { Redis } from 'ioredis';

import { type JobTeam, JobWorld, MODEL } from './support/job-team.js';

const ROUNDS = 6;
/** Every round starts a process. */
const TIMEOUT_MS = 300_000;
const CREDITS = 10_000;

let stack: Stack;
let world: JobWorld;
let redis: Redis;
let team: JobTeam;

beforeAll(async () => {
  stack = await startStack({
    appEnv: {
      worker: { PENSTOCK_SWEEP_INTERVAL_MS: '200', PENSTOCK_JOB_LOST_MS: '6000', PENSTOCK_RELAY_INTERVAL_MS: '200' },
    },
  });
  world = await JobWorld.open(stack);
  redis = new Redis(stack.redisUrl);
  team = await world.createTeam({ credits: CREDITS });
});

afterAll(async () => {
  redis.disconnect();
  await world.close();
  await stack.stop();
});

const body = (latencyMs: number): Record<string, unknown> => ({
  team_id: team.teamId,
  job_type: 'crash',
  model: MODEL,
  max_tokens: 16,
  messages: simulated({ latencyMs, chunks: 4, chunkIntervalMs: 10 }),
});

/** Three-step jobs, single calls and streams, for as long as the process answers. Answers the jobs that were completed. */
async function work(until: { isOver: boolean }, completed: Set<string>): Promise<void> {
  while (!until.isOver) {
    try {
      const jobId = await world.createJob(team);
      await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, body(5));
      const end = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
      if (end.status === 200) completed.add(jobId);
      const single = await world.call(team, 'POST', '/api/jobs/create-and-call', body(5));
      if (single.body.status === 'completed') completed.add(single.body.job_id);
      const stream = await world.stream(team, '/api/jobs/create-and-call-stream', body(0));
      const text = await stream.text();
      if (text.includes('data: [DONE]')) completed.add(stream.headers.get('x-job-id') ?? '');
    } catch {
      // The process was killed under the request.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function countOf(sql: string): Promise<number> {
  const [row]: { count: string }[] = await world.db.query(sql);
  return Number(row?.count);
}

describe('kill -9 of the admin app', () => {
  it(
    'at any point leaves all of a change or nothing, and nothing that runs for ever',
    async () => {
      const completed = new Set<string>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const until = { isOver: false };
        const workers = Array.from({ length: 4 }, () => work(until, completed));
        const before = completed.size;
        await waitFor(() => Promise.resolve(completed.size > before), { what: 'a completed job', timeoutMs: 60_000 });
        await new Promise((resolve) => setTimeout(resolve, round * 13));
        await stack.admin.kill('SIGKILL');
        until.isOver = true;
        await Promise.all(workers);
        await stack.admin.restart();
      }
      expect(completed.size).toBeGreaterThan(0);

      await waitFor(
        async () =>
          (await countOf("SELECT count(*) FROM saas.job_calls WHERE state IN ('running', 'settling')")) === 0 &&
          (await countOf("SELECT count(*) FROM ledger.credit_holds WHERE state = 'opening'")) === 0 &&
          (await countOf(`SELECT count(*) FROM governance.outbox_messages WHERE delivered_at IS NULL`)) === 0,
        { what: 'everything to be swept', timeoutMs: 90_000 },
      );

      // Who was told that a job is completed finds it completed, and charged once.
      for (const jobId of completed) {
        expect(await world.job(jobId)).toMatchObject({ status: 'completed', credits_charged: '1' });
      }
      expect(await world.differences()).toEqual([]);
      const jobs = await countOf("SELECT count(*) FROM saas.jobs WHERE status = 'completed'");
      const running = await countOf("SELECT count(*) FROM saas.jobs WHERE status IN ('pending', 'in_progress')");
      const singles = await countOf(
        "SELECT count(*) FROM saas.jobs WHERE is_single_call AND status IN ('pending', 'in_progress')",
      );
      expect(singles).toBe(0);
      expect(await world.account(team)).toEqual({ allocated: CREDITS, used: jobs, openHolds: running });
      // Sums that reports read are those of the rows.
      const [daily]: { jobs: string; completed: string; calls: string }[] = await world.db.query(
        'SELECT sum(jobs) AS jobs, sum(completed_jobs) AS completed, sum(calls) AS calls FROM saas.job_daily',
      );
      expect(Number(daily?.jobs)).toBe(await countOf('SELECT count(*) FROM saas.jobs'));
      expect(Number(daily?.completed)).toBe(jobs);
      expect(Number(daily?.calls)).toBe(await countOf('SELECT count(*) FROM saas.job_calls'));
      // Redis counts what PostgreSQL says: used, and one credit for each running job.
      const [account]: { seq: string }[] = await world.db.query(
        'SELECT seq FROM ledger.credit_accounts WHERE id = $1',
        [team.accountId],
      );
      const counted = await redis.hget(tenantKeys(team.tenantId).counters, creditCounterId(account?.seq ?? '0'));
      expect(Number(counted)).toBe(jobs + running);
    },
    TIMEOUT_MS,
  );

  it('leaves jobs that can still be completed', async () => {
    const open: { job_id: string }[] = await world.db.query(
      "SELECT job_id FROM saas.jobs WHERE status IN ('pending', 'in_progress')",
    );
    const { used } = await world.account(team);
    for (const { job_id: jobId } of open) {
      const answer = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
      expect(answer.status).toBe(200);
    }
    expect(await world.account(team)).toEqual({ allocated: CREDITS, used: used + open.length, openHolds: 0 });
    expect(await world.differences()).toEqual([]);
  });
});

describe('a job that nobody goes on with', () => {
  it('is failed and charges nothing', async () => {
    const jobId = await world.createJob(team);
    const { used } = await world.account(team);
    await world.db.query("UPDATE saas.jobs SET last_active_at = now() - interval '25 hours' WHERE job_id = $1", [
      jobId,
    ]);
    await waitFor(async () => (await world.job(jobId)).status === 'failed', {
      what: 'the job to be failed',
      timeoutMs: 20_000,
    });
    expect(await world.account(team)).toMatchObject({ used, openHolds: 0 });
    const answer = await world.call(team, 'GET', `/api/jobs/${jobId}`);
    expect(answer.body.error_message).toContain('No call was made');
  });
});
