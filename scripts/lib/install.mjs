import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { capture } from './exec.mjs';
import { LOCAL, ROOT } from './paths.mjs';
import { Failure, say } from './progress.mjs';

const PNPM_VERSION = '12.21.0';
const STAMP = path.join(LOCAL, 'install.stamp');

/** Installs the locked packages, unless the last successful install had the same manifests. */
export async function install() {
  const wanted = manifestHash();
  if (existsSync(path.join(ROOT, 'node_modules', '.modules.yaml')) && readStamp() === wanted) return;
  const pnpm = await ensurePnpm();
  say('installing packages (pnpm install --frozen-lockfile)');
  let last = '';
  const ticker = setInterval(() => say(`still installing: ${last.slice(0, 100)}`), 10_000);
  const { code, output } = await capture(pnpm, ['install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: ROOT,
    // Without a terminal pnpm must not ask before it replaces a folder of an older pnpm.
    env: { ...process.env, CI: 'true' },
    onLine: (line) => {
      last = line;
    },
  }).finally(() => clearInterval(ticker));
  if (code !== 0) {
    throw new Failure(
      'The packages could not be installed: check the network and the npm registry, then try again. What pnpm said:',
      output.split('\n').slice(-30).join('\n'),
    );
  }
  writeFileSync(STAMP, wanted);
  say('packages are installed');
}

function readStamp() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return undefined;
  }
}

/** Changes exactly when an install could give something else. */
function manifestHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${PNPM_VERSION}\n`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const group of ['apps', 'libs', 'tools']) {
    for (const entry of readdirSync(path.join(ROOT, group)).toSorted())
      files.push(path.join(group, entry, 'package.json'));
  }
  for (const file of files) {
    const absolute = path.join(ROOT, file);
    if (existsSync(absolute)) hash.update(file).update(readFileSync(absolute));
  }
  return hash.digest('hex');
}

async function ensurePnpm() {
  const major = PNPM_VERSION.split('.')[0];
  const own = path.join(LOCAL, 'toolchain', 'node_modules', '.bin', 'pnpm');
  for (const candidate of ['pnpm', own]) {
    // Outside the clone: pnpm must not look at our packageManager field and fetch itself.
    const probe = spawnSync(candidate, ['--version'], { encoding: 'utf8', cwd: '/' });
    if (probe.status === 0 && probe.stdout.trim().split('.')[0] === major) return candidate;
  }
  say(`fetching pnpm ${PNPM_VERSION}`);
  const folder = path.join(LOCAL, 'toolchain');
  mkdirSync(folder, { recursive: true });
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `pnpm@${PNPM_VERSION}`,
  ];
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm?.endsWith('.js') === true ? [process.execPath, [npm]] : ['npm', []];
  const { code, output } = await capture(command, [...prefix, ...args], { cwd: folder }).catch((error) => ({
    code: 1,
    output: error.message,
  }));
  if (code !== 0)
    throw new Failure(
      `pnpm ${PNPM_VERSION} could not be fetched with npm: check the network and the registry.`,
      output,
    );
  return own;
}
