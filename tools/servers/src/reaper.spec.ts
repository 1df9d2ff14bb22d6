import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, it } from '@jest/globals';

import { Reaper } from './reaper.js';
import { ServerProcess } from './server-process.js';

const FOREVER = { command: '/bin/sleep', args: ['300'], env: { PATH: '/usr/bin:/bin' } };

describe('Reaper', () => {
  it('stops what is still registered, youngest first, and removes the folders', async () => {
    const reaper = new Reaper();
    const folder = mkdtempSync(path.join(tmpdir(), 'penstock reaper '));
    writeFileSync(path.join(folder, 'file'), 'x');
    reaper.removeAfterwards(folder);
    const older = new ServerProcess({ name: 'older', ...FOREVER, reaper });
    const younger = new ServerProcess({ name: 'younger', ...FOREVER, reaper, stopSignal: 'SIGINT' });
    const ended: string[] = [];
    void older.exited.then(() => ended.push('older'));
    void younger.exited.then(() => ended.push('younger'));

    await reaper.close();

    expect(await younger.exited).toEqual({ code: null, signal: 'SIGINT' });
    expect(await older.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(ended).toEqual(['younger', 'older']);
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
