import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { Reaper } from './reaper.js';
import { ServerProcess } from './server-process.js';
import { waitUntil } from './wait-until.js';

const FOREVER = { command: '/bin/sleep', args: ['300'], env: { PATH: '/usr/bin:/bin' } };

const lines = (file: string) => readFileSync(file, 'utf8').trim().split('\n');

describe('Reaper', () => {
  it('stops what is still registered, youngest first, each with its signal, and removes the folders', async () => {
    const reaper = new Reaper();
    const folder = mkdtempSync(path.join(tmpdir(), 'penstock reaper '));
    reaper.removeAfterwards(folder);
    // The processes note their end themselves: when both have ended, Node may report them in any order.
    const notes = path.join(mkdtempSync(path.join(tmpdir(), 'penstock-notes-')), 'notes');
    reaper.removeAfterwards(path.dirname(notes));
    const noting = (name: string) => ({
      name,
      command: '/bin/sh',
      args: [
        '-c',
        `for s in INT TERM; do trap "echo ${name} $s >> '${notes}'; exit 0" $s; done; echo ${name} >> '${notes}'; while :; do sleep 0.05; done`,
      ],
      env: FOREVER.env,
      reaper,
    });
    const older = new ServerProcess(noting('older'));
    await waitUntil(() => existsSync(notes), { what: 'the older process to run', timeoutMs: 10_000 });
    const younger = new ServerProcess({ ...noting('younger'), stopSignal: 'SIGINT' });
    await waitUntil(() => lines(notes).length === 2, { what: 'the younger process to run', timeoutMs: 10_000 });
    const held = openSync(notes, 'r');

    await reaper.close();

    await Promise.all([older.exited, younger.exited]);
    expect(readFileSync(held, 'utf8').trim().split('\n').slice(2)).toEqual(['younger INT', 'older TERM']);
    closeSync(held);
    expect(existsSync(folder)).toBe(false);
  });

  it('leaves alone what has ended by itself and what was forgotten', async () => {
    const reaper = new Reaper();
    const mine = new ServerProcess({ name: 'mine', ...FOREVER });
    reaper.watch(mine.pid);
    reaper.forget(mine.pid);
    await reaper.close();
    expect(mine.isRunning).toBe(true);
    mine.kill();
    await mine.exited;
  });

  it('kills what ignores its signal', async () => {
    const reaper = new Reaper(200);
    const deaf = spawn('/bin/sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = new Promise((resolve) => deaf.once('exit', (_code, signal) => resolve(signal)));
    await new Promise((resolve) => deaf.stdout.once('data', resolve));
    reaper.watch(deaf.pid ?? -1);
    await reaper.close();
    expect(await exited).toBe('SIGKILL');
  });
});
