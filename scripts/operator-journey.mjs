#!/usr/bin/env node
// A new operator's first day against a running system, through the one origin: owner, organization, models, team, a
// call, a job, credits that run out, a top-up, the audit log and its chain. May be run again: what is there is used.
//
//   node scripts/operator-journey.mjs            a system that `npm start` runs here (.local/credentials.json)
//   node scripts/operator-journey.mjs <file>     another credentials file: gateway_url and admin_key
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OWNER = { email: 'owner@example.com', display_name: 'Owner', password: 'a long journey begins' };
const ORGANIZATION = 'org_journey';
const TEAM = 'team_journey';
const GROUPS = [
  {
    group_name: 'JourneyChat',
    models: [
      { model_name: 'openai/gpt-4o-mini', priority: 0 },
      { model_name: 'openai/gpt-4o', priority: 1 },
    ],
  },
  { group_name: 'JourneyAnalysis', models: [{ model_name: 'openai/gpt-4o', priority: 0 }] },
];
const DEADLINE_MS = 30_000;

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/** Walks the whole way. @param say gets a line for each step. */
export async function operatorJourney({ gatewayUrl, adminKey }, say = () => undefined) {
  const call = async (method, route, { body, headers = { 'x-admin-key': adminKey } } = {}) => {
    const response = await fetch(`${gatewayUrl}${route}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const text = await response.text();
    const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined;
    return { status: response.status, headers: response.headers, text, json };
  };
  const ok = async (method, route, options) => {
    const answer = await call(method, route, options);
    assert(answer.status === 200, `${method} ${route} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    return answer.json;
  };
  /** Creates something, or finds that an earlier run did. */
  const ensure = async (route, body) => {
    const answer = await call('POST', route, { body });
    const isThere = answer.status === 400 && answer.text.includes('already exists');
    assert(answer.status === 200 || isThere, `POST ${route} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    return !isThere;
  };

  const { needs_setup: needsSetup } = await ok('GET', '/api/admin-users/setup/status');
  const login = await ok('POST', `/api/admin-users/${needsSetup ? 'setup' : 'login'}`, {
    body: needsSetup ? OWNER : { email: OWNER.email, password: OWNER.password },
    headers: {},
  });
  const token = { authorization: `Bearer ${login.access_token}` };
  say(`${needsSetup ? 'set up' : 'logged in as'} the owner ${login.user.email}`);

  await ensure('/api/organizations/create', { organization_id: ORGANIZATION, name: 'Journey' });
  for (const group of GROUPS) await ensure('/api/model-groups/create', group);
  const isNew = await ensure('/api/teams/create', {
    organization_id: ORGANIZATION,
    team_id: TEAM,
    team_alias: 'Journey team',
    model_groups: GROUPS.map(({ group_name: name }) => name),
    credits_allocated: 3,
    metadata: { department: 'engineering' },
  });
  const team = await ok('GET', `/api/teams/${TEAM}`, { headers: token });
  assert(team.virtual_key?.startsWith('sk-'), `the team has no key: ${JSON.stringify(team)}`);
  say(`${isNew ? 'created' : 'found'} the team ${TEAM} of ${ORGANIZATION}, with a key and model groups`);

  const key = { authorization: `Bearer ${team.virtual_key}` };
  const available = async () =>
    (await ok('GET', `/api/credits/teams/${TEAM}/balance`, { headers: key })).credits_available;
  // An earlier run has used them up.
  const missing = 3 - Number(await available());
  if (missing > 0) {
    await ok('POST', `/api/credits/teams/${TEAM}/add`, { body: { credits: missing, reason: 'the next journey' } });
  }

  const chat = (headers) =>
    call('POST', '/v1/chat/completions', {
      headers,
      body: { model: 'JourneyChat', max_tokens: 16, messages: [{ role: 'user', content: 'Say hello.' }] },
    });
  const first = await chat(key);
  assert(first.status === 200, `the call was answered ${first.status}: ${first.text.slice(0, 300)}`);
  say(`called the gateway with the team's key; ${await available()} credits are left`);

  const job = await ok('POST', '/api/jobs/create', { headers: key, body: { team_id: TEAM, job_type: 'journey' } });
  const answer = await ok('POST', `/api/jobs/${job.job_id}/llm-call`, {
    headers: key,
    body: { model_group: 'JourneyAnalysis', messages: [{ role: 'user', content: 'Analyse this.' }], max_tokens: 16 },
  });
  assert(answer.response.content !== undefined, `the job's call has no answer: ${JSON.stringify(answer)}`);
  const done = await ok('POST', `/api/jobs/${job.job_id}/complete`, { headers: key, body: { status: 'completed' } });
  const again = await ok('POST', `/api/jobs/${job.job_id}/complete`, { headers: key, body: { status: 'completed' } });
  assert(done.costs.credit_applied === true, `the job was not charged: ${JSON.stringify(done)}`);
  assert(JSON.stringify(again) === JSON.stringify(done), 'completing the job twice was answered differently');
  say(`ran a job of one call and completed it twice: one credit; ${await available()} are left`);

  const last = await chat(key);
  assert(last.status === 200, `the last call was answered ${last.status}: ${last.text.slice(0, 300)}`);
  const refused = await chat(key);
  assert(refused.status === 402, `without credits a call was answered ${refused.status}`);
  assert(refused.json.error.code === 'credits_exhausted', `it was refused with ${refused.text.slice(0, 300)}`);
  const noJob = await call('POST', '/api/jobs/create', { headers: key, body: { team_id: TEAM, job_type: 'journey' } });
  assert(noJob.status === 402, `without credits a job was answered ${noJob.status}`);
  say(`ran out of credits: "${refused.json.error.message}"`);

  const topUp = { credits: 1, payment_type: 'one_time', payment_amount_usd: 1, reason: 'journey' };
  const paid = { 'x-admin-key': adminKey, 'idempotency-key': `journey-${job.job_id}` };
  const bought = await ok('POST', `/api/credits/teams/${TEAM}/replenish`, { body: topUp, headers: paid });
  const repeated = await ok('POST', `/api/credits/teams/${TEAM}/replenish`, { body: topUp, headers: paid });
  assert(
    bought.transaction.transaction_id === repeated.transaction.transaction_id,
    'the same payment was booked twice',
  );
  const served = await chat(key);
  assert(served.status === 200, `after the top-up a call was answered ${served.status}: ${served.text.slice(0, 300)}`);
  say('topped up (twice with one idempotency key: once), and the very next call was served');

  const { entries = [] } = await ok('GET', `/api/audit-logs?organization_id=${ORGANIZATION}&limit=100`, {
    headers: token,
  });
  assert(entries.length > 0, 'the audit log of the organization is empty');
  const chain = await ok('GET', `/api/audit-logs/verify?organization_id=${ORGANIZATION}`, { headers: token });
  assert(chain.is_intact === true, `the audit chain is broken: ${JSON.stringify(chain)}`);
  say(`read ${entries.length} audit entries; their chain is intact`);
  await ok('POST', '/api/admin-users/logout', { headers: token });
  const dead = await call('GET', '/api/admin-users/me', { headers: token });
  assert(dead.status === 401, `after the logout the token was answered ${dead.status}`);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const file = process.argv[2] ?? '.local/credentials.json';
  const credentials = JSON.parse(readFileSync(file, 'utf8'));
  try {
    await operatorJourney({ gatewayUrl: credentials.gateway_url, adminKey: credentials.admin_key }, (line) =>
      process.stdout.write(`ok  ${line}\n`),
    );
  } catch (error) {
    process.stderr.write(`FAIL ${error.message}\n`);
    process.exitCode = 1;
  }
}
