import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, startStack, type Stack } from '@penstock/testing';
import { OpenAI } from 'openai';

import { type JobTeam, JobWorld, MODEL } from './support/job-team.js';

const UNKNOWN_ID = '01890000-0000-7000-8000-000000000000';

let stack: Stack;
let world: JobWorld;

beforeAll(async () => {
  stack = await startStack();
  world = await JobWorld.open(stack);
});

afterAll(async () => {
  const differences = await world.differences();
  await world.close();
  await stack.stop();
  if (differences.length > 0) throw new Error(`the books disagree: ${JSON.stringify(differences)}`);
});

const hello = { model: MODEL, messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 16 };

describe('a job of three steps', () => {
  let team: JobTeam;
  beforeAll(async () => {
    team = await world.createTeam({ credits: 10 });
  });

  it('keeps no more metadata than is worth auditing, however it comes', async () => {
    const half = { half: 'x'.repeat(40_000) };
    const rest = { rest: 'x'.repeat(40_000) };
    const fields = { team_id: team.teamId, job_type: 'summary' };
    const tooMuch = { status: 422, body: { detail: [{ loc: ['body', 'metadata'] }] } };
    const { body } = await world.call(team, 'POST', '/api/jobs/create', { ...fields, metadata: half });
    const path = `/api/jobs/${body.job_id}`;
    expect(
      await world.call(team, 'POST', '/api/jobs/create', { ...fields, metadata: { ...half, ...rest } }),
    ).toMatchObject(tooMuch);
    expect(await world.call(team, 'PATCH', `${path}/metadata`, { metadata: rest })).toMatchObject(tooMuch);
    expect(await world.call(team, 'POST', `${path}/llm-call`, { ...hello, call_metadata: rest })).toMatchObject(
      tooMuch,
    );
    expect(await world.call(team, 'POST', `${path}/complete`, { status: 'failed', metadata: rest })).toMatchObject(
      tooMuch,
    );
    expect(await world.call(team, 'POST', `${path}/cancel`)).toMatchObject({ status: 200 });
    expect((await world.call(team, 'GET', path)).body).toMatchObject({ status: 'cancelled', metadata: half });
  });

  it('is created, called, completed and charged once', async () => {
    const created = await world.call(team, 'POST', '/api/jobs/create', {
      team_id: team.teamId,
      job_type: 'summary',
      user_id: 'u1',
      metadata: { a: 1, b: 2 },
    });
    expect(created).toMatchObject({ status: 200, body: { status: 'pending' } });
    const jobId: string = created.body.job_id;

    const called = await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, {
      ...hello,
      model: undefined,
      model_group: MODEL,
      purpose: 'draft',
      call_metadata: { b: 3, c: 4 },
    });
    expect(called).toMatchObject({
      status: 200,
      body: {
        call_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        response: { content: expect.stringContaining('The gate'), finish_reason: 'stop' },
        metadata: { model: MODEL, model_group: MODEL, tokens_used: expect.any(Number), latency_ms: expect.any(Number) },
      },
    });

    const completed = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, {
      status: 'COMPLETED',
      metadata: { d: 5 },
    });
    expect(completed).toMatchObject({
      status: 200,
      body: {
        job_id: jobId,
        status: 'completed',
        costs: {
          total_calls: 1,
          successful_calls: 1,
          failed_calls: 0,
          total_tokens: called.body.metadata.tokens_used,
          credit_applied: true,
          credits_charged: 1,
          credits_remaining: 9,
        },
        calls: [{ purpose: 'draft', model: MODEL, model_group: MODEL, error: null }],
      },
    });
    expect(completed.body.costs.total_cost_usd).toBeGreaterThan(0);

    const again = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(completed.body);
    expect(await world.account(team)).toEqual({ allocated: 10, used: 1, openHolds: 0 });

    const job = await world.call(team, 'GET', `/api/jobs/${jobId}`);
    expect(job.body).toMatchObject({
      status: 'completed',
      user_id: 'u1',
      metadata: { a: 1, b: 3, c: 4, d: 5 },
      model_groups_used: [MODEL],
      credit_applied: true,
    });
    const costs = await world.call(team, 'GET', `/api/jobs/${jobId}/costs`);
    expect(costs.body.costs.total_cost_usd).toBe(completed.body.costs.total_cost_usd);
    expect(costs.body.costs.breakdown).toMatchObject([{ purpose: 'draft', cost_usd: costs.body.costs.total_cost_usd }]);
  });

  it('takes neither another end nor a call after its end', async () => {
    const jobId = await world.createJob(team);
    expect((await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'failed' })).status).toBe(200);
    for (const [path, body] of [
      [`/api/jobs/${jobId}/complete`, { status: 'completed' }],
      [`/api/jobs/${jobId}/cancel`, {}],
      [`/api/jobs/${jobId}/llm-call`, hello],
      [`/api/jobs/${jobId}/llm-call-stream`, hello],
    ] as const) {
      expect(await world.call(team, 'POST', path, body)).toMatchObject({ status: 409, body: { code: 'job_ended' } });
    }
    expect((await world.account(team)).used).toBe(1);
  });

  it('costs nothing when it is cancelled', async () => {
    const jobId = await world.createJob(team);
    await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, hello);
    const cancelled = await world.call(team, 'POST', `/api/jobs/${jobId}/cancel`, { reason: 'changed my mind' });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', costs: { credit_applied: false } } });
    expect((await world.job(jobId)).error_message).toBe('changed my mind');
    expect(await world.account(team)).toMatchObject({ used: 1, openHolds: 0 });
  });

  it('waits with its end for the calls that run', async () => {
    const jobId = await world.createJob(team);
    const running = world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, {
      ...hello,
      messages: simulated({ latencyMs: 1_500 }),
    });
    for (;;) {
      const [call] = await world.calls(jobId);
      if (call?.state === 'running') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const early = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
    expect(early).toMatchObject({ status: 409, body: { code: 'job_busy', unfinished_calls: 1 } });
    expect(early.headers.get('retry-after')).toBe('1');
    expect((await running).status).toBe(200);
    expect((await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' })).status).toBe(200);
  });

  it('keeps a failed call in its books and goes on', async () => {
    const jobId = await world.createJob(team);
    const failed = await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, {
      ...hello,
      messages: simulated({ status: 500 }),
    });
    expect(failed).toMatchObject({ status: 502, body: { code: 'upstream_failed', job_id: jobId } });
    expect(failed.body.detail).toContain('500');
    const rejected = await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, {
      ...hello,
      messages: simulated({ status: 400 }),
    });
    expect(rejected).toMatchObject({ status: 400, body: { code: 'upstream_rejected' } });
    expect((await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, hello)).status).toBe(200);
    const completed = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
    expect(completed.body.costs).toMatchObject({ total_calls: 3, successful_calls: 1, failed_calls: 2 });
    expect(completed.body.calls.map(({ error }: { error: string | null }) => error === null)).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('is found by its team only, and by no id that is none', async () => {
    const other = await world.createTeam({ credits: 1 });
    const jobId = await world.createJob(team);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['GET', '/costs', undefined],
      ['PATCH', '/metadata', { metadata: {} }],
      ['POST', '/complete', { status: 'completed' }],
      ['POST', '/cancel', {}],
      ['POST', '/llm-call', hello],
      ['POST', '/llm-call-stream', hello],
    ] as const) {
      expect(await world.call(other, method, `/api/jobs/${jobId}${path}`, body)).toMatchObject({ status: 403 });
      expect(await world.call(team, method, `/api/jobs/${UNKNOWN_ID}${path}`, body)).toMatchObject({ status: 404 });
      expect(await world.call(team, method, `/api/jobs/nonsense${path}`, body)).toMatchObject({ status: 404 });
    }
    expect(await world.call(other, 'POST', '/api/jobs/create', { team_id: team.teamId, job_type: 'x' })).toMatchObject({
      status: 403,
      body: { code: 'team_mismatch' },
    });
  });

  it.each([
    [{ ...hello, model_group: MODEL }, 'model'],
    [{ messages: hello.messages }, 'model'],
    [{ ...hello, model: 5 }, 'model'],
    [{ ...hello, messages: [] }, 'messages'],
    [{ ...hello, messages: ['x'] }, 'messages'],
    [{ ...hello, max_tokens: 1.5 }, 'max_tokens'],
    [{ ...hello, tools: 'x' }, 'tools'],
  ])('answers 422 with the place for %j', async (body, field) => {
    const jobId = await world.createJob(team);
    const answer = await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContainEqual(expect.objectContaining({ loc: ['body', field] }));
    expect(await world.calls(jobId)).toEqual([]);
    await world.call(team, 'POST', `/api/jobs/${jobId}/cancel`, {});
  });
});

describe('a call', () => {
  let team: JobTeam;
  beforeAll(async () => {
    team = await world.createTeam({ credits: 100 });
  });

  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];

  it('passes tools and their calls through', async () => {
    const answer = await world.call(team, 'POST', '/api/jobs/create-and-call', {
      ...hello,
      team_id: team.teamId,
      job_type: 'tools',
      max_tokens: '64',
      tools,
      tool_choice: 'auto',
      response_format: { type: 'json_object' },
      messages: simulated({ toolCall: { arguments: { city: 'Bern' } } }),
    });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'completed',
        response: {
          finish_reason: 'tool_calls',
          tool_calls: [{ type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
        },
        costs: { credit_applied: true, total_calls: 1, successful_calls: 1 },
      },
    });
  });

  it('takes a prompt that is larger than what management takes', async () => {
    const jobId = await world.createJob(team);
    const body = { ...hello, messages: [{ role: 'user', content: 'x'.repeat(3 * 1024 * 1024) }] };
    const answer = await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, body);
    // Too long for the model, but not for the API.
    expect(answer.status).not.toBe(413);
    expect(answer.body.job_id ?? answer.body.call_id).toEqual(expect.any(String));
  });

  it('may have half a surrogate pair in its messages, which is what a client makes that cuts a text', async () => {
    const messages = [{ role: 'user', content: 'half \ud800 of a pair', name: '\udfff' }];
    const body = { ...hello, messages, team_id: team.teamId, job_type: 'x' };
    const stream = await world.stream(team, '/api/jobs/create-and-call-stream', body);
    expect(stream.status).toBe(200);
    expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/);
    expect(await world.call(team, 'POST', '/api/jobs/create-and-call', body)).toMatchObject({ status: 200 });
  });

  it('is paid like one that a client makes at the gateway, which is a job of its own', async () => {
    const alone = await world.createTeam({ credits: 2 });
    const client = new OpenAI({ baseURL: `${stack.gatewayUrl}/v1`, apiKey: alone.key, maxRetries: 0 });
    const completion = await client.chat.completions.create({
      model: MODEL,
      max_tokens: 16,
      messages: [{ role: 'user', content: 'Say hello.' }],
    });
    expect(completion.choices[0]?.message.content).toContain('The gate');
    const job = await world.call(alone, 'POST', '/api/jobs/create-and-call', {
      ...hello,
      team_id: alone.teamId,
      job_type: 'x',
    });
    expect(job).toMatchObject({ status: 200, body: { costs: { credits_charged: 1, credits_remaining: 0 } } });
    await expect(
      client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'Again.' }] }),
    ).rejects.toMatchObject({ status: 402, code: 'credits_exhausted' });
    const refused = await world.call(alone, 'POST', '/api/jobs/create', { team_id: alone.teamId, job_type: 'x' });
    expect(refused).toMatchObject({ status: 402, body: { code: 'credits_exhausted' } });
  });

  it('shows all answers where several were asked for', async () => {
    const jobId = await world.createJob(team);
    const { body } = await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, { ...hello, n: 2 });
    expect(body.response.choices).toHaveLength(2);
  });

  it('of a single-call job that fails leaves a failed job and no charge', async () => {
    const before = await world.account(team);
    const answer = await world.call(team, 'POST', '/api/jobs/create-and-call', {
      ...hello,
      team_id: team.teamId,
      job_type: 'fails',
      messages: simulated({ status: 503 }),
    });
    expect(answer).toMatchObject({ status: 502, body: { code: 'upstream_failed' } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await world.job(answer.body.job_id)).toMatchObject({ status: 'failed', credits_charged: '0' });
    expect(await world.account(team)).toMatchObject({ used: before.used });
  });

  it('is refused with the words of the gateway, and the refusal is in the books', async () => {
    const answer = await world.call(team, 'POST', '/api/jobs/create-and-call', {
      ...hello,
      model: 'nobody/knows',
      team_id: team.teamId,
      job_type: 'unknown',
    });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.body).toMatchObject({ detail: expect.any(String), code: expect.any(String) });
    const [call] = await world.calls(answer.body.job_id);
    expect(call).toMatchObject({ state: 'failed', error: answer.body.detail });
  });
});

describe('without credits', () => {
  it('no job begins, and nothing of it is left', async () => {
    const team = await world.createTeam({ credits: 1 });
    const first = await world.createJob(team);
    const refused = await world.call(team, 'POST', '/api/jobs/create', { team_id: team.teamId, job_type: 'x' });
    expect(refused).toMatchObject({ status: 402, body: { code: 'credits_exhausted' } });
    const single = await world.call(team, 'POST', '/api/jobs/create-and-call', {
      ...hello,
      team_id: team.teamId,
      job_type: 'x',
    });
    expect(single).toMatchObject({ status: 402 });
    expect(await world.db.query('SELECT job_id FROM saas.jobs WHERE team_id = $1', [team.teamId])).toHaveLength(1);
    await world.call(team, 'POST', `/api/jobs/${first}/cancel`, {});
    expect(await world.createJob(team)).toEqual(expect.any(String));
  });
});

describe('a team that is deleted', () => {
  it('takes its running jobs along, which fail and cost nothing', async () => {
    const team = await world.createTeam({ credits: 5 });
    const jobId = await world.createJob(team);
    await world.call(team, 'POST', `/api/jobs/${jobId}/llm-call`, hello);
    const waiting = await world.createJob(team);
    const deleted = await world.operate('DELETE', `/api/teams/${team.teamId}`);
    expect(deleted).toMatchObject({ status: 200, body: { jobs_failed: 2 } });
    for (const id of [jobId, waiting]) {
      expect(await world.job(id)).toMatchObject({ status: 'failed', credits_charged: '0' });
    }
    expect(await world.account(team)).toMatchObject({ used: 0, openHolds: 0 });
    const page = await world.operate('GET', `/api/jobs/teams/${team.teamId}?status=failed`);
    expect(page.body.total).toBe(2);
  });

  it('leaves nothing to a team that gets its id', async () => {
    const team = await world.createTeam({ credits: 5 });
    const jobId = await world.createJob(team);
    await world.operate('DELETE', `/api/teams/${team.teamId}`);
    const made = await world.operate('POST', '/api/teams/create', {
      organization_id: team.organizationId,
      team_id: team.teamId,
      credits_allocated: 1,
    });
    const next = { ...team, key: made.body.virtual_key };

    expect((await world.call(next, 'GET', `/api/jobs/${jobId}`)).status).toBe(404);
    expect((await world.call(next, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' })).status).toBe(404);
    expect((await world.call(next, 'GET', `/api/teams/${team.teamId}/jobs`)).body).toMatchObject({ jobs: [] });
    const { body } = await world.call(
      next,
      'GET',
      `/api/teams/${team.teamId}/usage?period=${new Date().getFullYear()}`,
    );
    expect(body.summary).toMatchObject({ total_jobs: 0 });
  });
});
