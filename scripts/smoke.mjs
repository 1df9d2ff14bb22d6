// `npm start` as a new user meets it: ready, the pasted curl, a stream, Ctrl-C, start again, the data is still there.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

import { projectEnv } from './lib/project-node.mjs';
import { LocalSystem } from './lib/local-system.mjs';
import { ROOT } from './lib/paths.mjs';
import { waitUntil } from './lib/wait-until.mjs';
import { operatorJourney } from './operator-journey.mjs';
// Compiled by the build check, without which this one does not run.
import { freePorts, isPortFree } from '../tools/servers/dist/index.js';

const PORT_VARIABLES = ['GATEWAY_PORT', 'GOVERNANCE_PORT', 'ADMIN_PORT', 'WORKER_PORT', 'SIMULATOR_PORT'];
const COLD_START_MS = 180_000;
const WARM_START_MS = 60_000;
const REFUSAL_MS = 30_000;

const counts = { passed: 0, failed: 0, skipped: 0 };

/** One check; the story goes on after a failed one, so that one run tells everything. */
async function check(name, work) {
  const startedAt = performance.now();
  try {
    const outcome = await work();
    const isSkipped = outcome === 'skipped';
    counts[isSkipped ? 'skipped' : 'passed'] += 1;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stderr.write(`  ${isSkipped ? 'skip' : 'ok  '} ${name}, ${seconds} s\n`);
  } catch (error) {
    counts.failed += 1;
    process.stderr.write(`  FAIL ${name}: ${error.message}\n`);
  }
}

function assert(condition, message) {
  if (!condition) throw new Error(message);
}

/** The command of the banner, as somebody would copy it. */
function pastedCurl(output) {
  const start = output.indexOf('curl -N ');
  assert(start >= 0, 'the banner shows no curl command');
  const lines = output.slice(start).split('\n');
  const end = lines.findIndex((line) => !line.endsWith('\\'));
  return lines.slice(0, end + 1).join('\n');
}

/** Runs the command in a shell; without curl on the machine the same request goes through fetch. */
async function runCurl(command) {
  if (spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0) {
    const { stdout, status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 60_000 });
    assert(status === 0, `curl ended with code ${status}: ${stderr}`);
    return stdout;
  }
  const [, url] = /curl -N (\S+)/.exec(command) ?? [];
  const headers = Object.fromEntries(
    [...command.matchAll(/-H '([^:]+): ([^']*)'/g)].map(([, name, value]) => [name, value]),
  );
  const [, body] = /-d '([^']*)'/.exec(command) ?? [];
  return (await fetch(url, { method: 'POST', headers, body })).text();
}

async function main() {
  const folder = mkdtempSync(path.join(tmpdir(), 'penstock-smoke-'));
  // As root PostgreSQL runs under another account, which must get there.
  chmodSync(folder, 0o755);
  const localDir = path.join(folder, 'local');
  const ports = await freePorts(PORT_VARIABLES.length + 2);
  const env = { ...projectEnv(), PENSTOCK_LOCAL_DIR: localDir };
  for (const [index, variable] of PORT_VARIABLES.entries()) env[variable] = String(ports[index]);
  env.PENSTOCK_POSTGRES_PORT = String(ports.at(-2));
  env.PENSTOCK_REDIS_PORT = String(ports.at(-1));
  // What a developer's shell may hold must not reach this system.
  for (const name of Object.keys(env)) {
    if (
      /^(DATABASE_URL|REDIS_URL|MASTER_KEY|PENSTOCK_(TOKEN_SECRETS|SERVICE_TOKEN|KEY_HASH_SECRET|ENCRYPTION_KEYS|HOST|STARTED_AT_MS))$|_API_KEY$|_BASE_URL$/.test(
        name,
      )
    ) {
      delete env[name];
    }
  }
  const systems = [];
  const start = (extra = {}) => {
    const system = new LocalSystem({ ...env, ...extra });
    systems.push(system);
    return system;
  };
  try {
    await story(start, { localDir, ports, folder });
  } finally {
    for (const system of systems) system.kill();
    if (counts.failed > 0) process.stderr.write(`\n${systems[0]?.output.slice(-6_000) ?? ''}\n`);
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

async function story(start, { localDir, ports, folder }) {
  let system = start();
  let credentials;
  const readCredentials = () => JSON.parse(readFileSync(path.join(localDir, 'credentials.json'), 'utf8'));
  const governance = async (route) => {
    const response = await fetch(`${credentials.governance_url}/api/governance${route}`, {
      headers: { 'x-admin-key': credentials.admin_key },
    });
    assert(response.ok, `GET ${route} answered ${response.status}`);
    return response.json();
  };
  const spentCents = async () => {
    const { teams } = await governance('/teams');
    return teams.find(({ name }) => name === 'demo-team')?.budget?.current_usage ?? 0;
  };

  await check('npm start gets ready', () => system.waitUntilReady(COLD_START_MS));
  if (counts.failed > 0) return;

  await check('every process answers GET /health with 200', async () => {
    for (const port of ports.slice(0, 4)) {
      const response = await fetch(`http://127.0.0.1:${port}/health`);
      assert(response.status === 200, `port ${port} answered ${response.status}`);
    }
  });
  await check('credentials.json has what scripts need and is private', () => {
    credentials = readCredentials();
    const mode = statSync(path.join(localDir, 'credentials.json')).mode & 0o777;
    assert(mode === 0o600, `its mode is ${mode.toString(8)}`);
    for (const name of ['gateway_url', 'governance_url', 'admin_url', 'admin_key', 'demo_virtual_key']) {
      assert(typeof credentials[name] === 'string' && credentials[name] !== '', `${name} is missing`);
    }
  });
  await check('the curl of the banner answers with a completion', async () => {
    const answer = JSON.parse(await runCurl(pastedCurl(system.output)));
    assert(answer.choices?.length > 0, `no choices in ${JSON.stringify(answer).slice(0, 300)}`);
  });
  await check('the same curl with "stream": true streams to [DONE]', async () => {
    const answer = await runCurl(pastedCurl(system.output).replace('{"model"', '{"stream": true, "model"'));
    assert(
      answer.includes('data: {') && answer.trimEnd().endsWith('data: [DONE]'),
      `not a stream: ${answer.slice(0, 300)}`,
    );
  });
  await check('the calls are charged to the team', () =>
    waitUntil(async () => (await spentCents()) > 0, 'the team budget to show the calls', 15_000),
  );
  const journey = () => operatorJourney({ gatewayUrl: credentials.gateway_url, adminKey: credentials.admin_key });
  await check("a new operator's first day: owner, team, call, job, credits, audit", journey);
  await check('the same day once more, on what is there', journey);
  await check('a second start says in one sentence who is running', async () => {
    const second = start();
    const { code } = await second.exited(REFUSAL_MS);
    assert(code === 1, `it ended with code ${code}`);
    assert(/already running .*process \d+/.test(second.output), `it said: ${second.output.slice(-500)}`);
  });
  await check('a taken port is named with its variable', async () => {
    const second = start({ PENSTOCK_LOCAL_DIR: path.join(folder, 'other') });
    const { code } = await second.exited(REFUSAL_MS);
    assert(code === 1, `it ended with code ${code}`);
    const sentence = new RegExp(`Port ${ports[0]} .*GATEWAY_PORT`);
    assert(sentence.test(second.output), `it said: ${second.output.slice(-500)}`);
  });
  const spentBefore = await spentCents().catch(() => 0);
  await check('Ctrl-C stops everything in order', async () => {
    const { code, signal } = await system.interrupt(60_000);
    assert(code === 0 && signal === null, `it ended with ${signal ?? `code ${code}`}`);
    assert(!/was killed|did not stop/.test(system.output), 'a process had to be killed');
    for (const port of ports) assert(await isPortFree(port), `something still listens on port ${port}`);
  });
  await check('a warm start is ready, with the same key', async () => {
    system = start();
    await system.waitUntilReady(WARM_START_MS);
    const again = readCredentials();
    assert(again.demo_virtual_key === credentials.demo_virtual_key, 'the demo key is another one');
    assert(again.admin_key === credentials.admin_key, 'the admin key is another one');
  });
  await check('what was spent is still spent, and calls go on', async () => {
    const spent = await spentCents();
    assert(spent >= spentBefore && spent > 0, `${spent} cents, ${spentBefore} before`);
    const answer = JSON.parse(await runCurl(pastedCurl(system.output)));
    assert(answer.choices?.length > 0, 'no choices');
  });
  await check('kill -9 of the starter leaves nothing behind', async () => {
    system.killStarterOnly();
    await waitUntil(
      async () => (await Promise.all(ports.map((port) => isPortFree(port)))).every(Boolean),
      'every process to end after its parent was killed',
      60_000,
    );
  });
  await check('the start after a kill -9 recovers', async () => {
    system = start();
    await system.waitUntilReady(WARM_START_MS);
    assert((await spentCents()) >= spentBefore, 'charges were lost');
  });
  await check('SIGTERM stops everything in order', async () => {
    const { code } = await system.terminate(60_000);
    assert(code === 0, `it ended with code ${code}`);
    for (const port of ports) assert(await isPortFree(port), `something still listens on port ${port}`);
  });
  await check('a broken data folder is one sentence', async () => {
    rmSync(path.join(localDir, 'postgres', 'global'), { recursive: true, force: true });
    const broken = start();
    const { code } = await broken.exited(REFUSAL_MS);
    assert(code === 1, `it ended with code ${code}`);
    assert(/data folder .*move it away/.test(broken.output), `it said: ${broken.output.slice(-500)}`);
  });
}

process.chdir(ROOT);
await main();
