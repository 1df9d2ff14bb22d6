import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { simulated, startStack, type Stack, waitFor } from '@penstock/testing';

import type { Json } from './support/admin-app.js';
import { type JobTeam, JobWorld, MODEL } from './support/job-team.js';

let stack: Stack;
let world: JobWorld;
let team: JobTeam;

beforeAll(async () => {
  stack = await startStack({ appEnv: { worker: { PENSTOCK_SWEEP_INTERVAL_MS: '200' } } });
  world = await JobWorld.open(stack);
  team = await world.createTeam({ credits: 1_000 });
});

afterAll(async () => {
  const differences = await world.differences();
  await world.close();
  await stack.stop();
  if (differences.length > 0) throw new Error(`the books disagree: ${JSON.stringify(differences)}`);
});

const request = (behaviour: Record<string, unknown>, more: Record<string, unknown> = {}): Json => ({
  team_id: team.teamId,
  job_type: 'stream',
  model: MODEL,
  max_tokens: 16,
  messages: simulated(behaviour),
  ...more,
});

/** Events of a stream as they come. */
async function* eventsOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 2);
    }
  }
  if (text !== '') yield text;
}

async function allEvents(response: Response): Promise<string[]> {
  const events: string[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

const PATH = '/api/jobs/create-and-call-stream';

describe('a streamed call', () => {
  it('passes the chunks of the gateway on untouched, after the id of the job', async () => {
    const response = await world.stream(team, PATH, request({ chunks: 4 }));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
    expect(response.headers.get('x-request-id')).not.toBeNull();
    const jobId = response.headers.get('x-job-id');
    const events = await allEvents(response);
    expect(events[0]).toBe(`: job ${jobId}`);
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks: Json[] = events.slice(1, -1).map((event) => JSON.parse(event.slice('data: '.length)));
    expect(chunks.every(({ object }) => object === 'chat.completion.chunk')).toBe(true);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('')).toContain('The gate');
    // What is said last is true already.
    expect(await world.job(jobId ?? '')).toMatchObject({ status: 'completed', credits_charged: '1' });
  });

  it('sends the first token when it comes in, not when the answer is whole', async () => {
    const response = await world.stream(team, PATH, request({ chunks: 2, chunkIntervalMs: 600_000 }));
    const events = eventsOf(response);
    await events.next();
    const { value } = await events.next();
    expect(value).toContain('chat.completion.chunk');
    await response.body?.cancel().catch(() => undefined);
    await events.return(undefined);
  });

  it('belongs to a job of three steps as well', async () => {
    const jobId = await world.createJob(team);
    const response = await world.stream(team, `/api/jobs/${jobId}/llm-call-stream`, request({ chunks: 2 }));
    expect((await allEvents(response)).at(-1)).toBe('data: [DONE]');
    const completed = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
    expect(completed).toMatchObject({ status: 200, body: { costs: { successful_calls: 1, credit_applied: true } } });
  });

  it.each([
    [{ status: 500 }, 502, 'upstream_failed'],
    [{ status: 400 }, 400, 'upstream_rejected'],
    [{ status: 429, retryAfterS: 7 }, 502, 'upstream_failed'],
  ])('that fails before its first byte is JSON with a status: %j', async (behaviour, status, code) => {
    const response = await world.stream(team, PATH, request(behaviour));
    expect(response.status).toBe(status);
    const body = (await response.json()) as Json;
    expect(body).toMatchObject({ code, detail: expect.any(String), job_id: expect.any(String) });
    if ('retryAfterS' in behaviour) expect(response.headers.get('retry-after')).toBe('7');
    expect(await world.job(body.job_id)).toMatchObject({ status: 'failed', credits_charged: '0' });
  });

  it.each([0, 1, 2, 3])('that is cut after %d chunks says so and has no end', async (failAfterChunks) => {
    const response = await world.stream(
      team,
      PATH,
      request({ chunks: 4, chunkIntervalMs: 5, failure: 'cut_midway', failAfterChunks }),
    );
    expect(response.status).toBe(200);
    const jobId = response.headers.get('x-job-id') ?? '';
    const events = await allEvents(response);
    expect(events).not.toContain('data: [DONE]');
    const last: Json = JSON.parse((events.at(-1) ?? '').slice('data: '.length));
    expect(last.error).toMatchObject({ message: expect.any(String), type: 'server_error', code: expect.any(String) });
    expect(await world.job(jobId)).toMatchObject({ status: 'failed', credits_charged: '0' });
    const [call] = await world.calls(jobId);
    expect(call).toMatchObject({ state: 'failed', error: last.error.message });
  });

  it("with an error event of the provider's fails the same way", async () => {
    const response = await world.stream(
      team,
      PATH,
      request({ chunks: 4, chunkIntervalMs: 5, failure: 'error_event', failAfterChunks: 2 }),
    );
    const events = await allEvents(response);
    expect(events).not.toContain('data: [DONE]');
    expect(await world.job(response.headers.get('x-job-id') ?? '')).toMatchObject({
      status: 'failed',
      credits_charged: '0',
    });
  });
});

describe('a client that leaves', () => {
  it.each([0, 1, 3])('after %d events leaves a job that ends, charged for what was served', async (count) => {
    const leaving = new AbortController();
    const response = await world.stream(
      team,
      PATH,
      request({ chunks: 8, chunkIntervalMs: 100 }, { job_type: `leaves-${count}` }),
      leaving.signal,
    );
    const jobId = response.headers.get('x-job-id') ?? '';
    const events = eventsOf(response);
    for (let index = 0; index < count; index += 1) await events.next();
    leaving.abort();
    await waitFor(async () => (await world.job(jobId)).ended_at !== null, {
      what: 'the job to end',
      timeoutMs: 20_000,
    });
    expect(await world.job(jobId)).toMatchObject({ status: 'completed', credits_charged: '1' });
    const [call] = await world.calls(jobId);
    expect(call).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(Number(call.completion_tokens)).toBeGreaterThan(0);
  });

  it('before the head leaves a job that ends too', async () => {
    const leaving = new AbortController();
    const pending = world.stream(
      team,
      PATH,
      request({ latencyMs: 1_000, chunks: 2 }, { job_type: 'leaves-early' }),
      leaving.signal,
    );
    pending.catch(() => undefined);
    const find = (): Promise<Json[]> =>
      world.db.query(
        `SELECT j.* FROM saas.jobs j JOIN saas.job_calls c ON c.job_id = j.job_id
         WHERE j.team_id = $1 AND j.job_type = 'leaves-early'`,
        [team.teamId],
      );
    await waitFor(async () => (await find()).length === 1, { what: 'the job' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    leaving.abort();
    await waitFor(async () => (await find())[0]?.ended_at !== null, { what: 'the job to end', timeoutMs: 20_000 });
    const [job] = await find();
    expect(['completed', 'failed']).toContain(job?.status);
    expect(job?.credits_charged).toBe(job?.status === 'completed' ? '1' : '0');
  });

  it('leaves a job of three steps open', async () => {
    const jobId = await world.createJob(team);
    const leaving = new AbortController();
    const response = await world.stream(
      team,
      `/api/jobs/${jobId}/llm-call-stream`,
      request({ chunks: 8, chunkIntervalMs: 50 }),
      leaving.signal,
    );
    await eventsOf(response).next();
    leaving.abort();
    await waitFor(async () => (await world.calls(jobId))[0]?.state === 'succeeded', {
      what: 'the call to be accounted for',
      timeoutMs: 20_000,
    });
    expect((await world.job(jobId)).status).toBe('in_progress');
    const completed = await world.call(team, 'POST', `/api/jobs/${jobId}/complete`, { status: 'completed' });
    expect(completed).toMatchObject({ status: 200, body: { costs: { successful_calls: 1 } } });
  });
});
