import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { RunLock } from './run-lock.js';

describe('RunLock', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'penstock-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('can be taken again after its release', () => {
    RunLock.take(folder).release();
    RunLock.take(folder).release();
  });

  it.each(['999999999', 'nonsense', ''])('takes over from a process that is gone: "%s"', (text) => {
    writeFileSync(path.join(folder, 'run.lock'), text);
    RunLock.take(folder).release();
  });

  it('takes over when another program got the number since', () => {
    writeFileSync(path.join(folder, 'run.lock'), `${process.ppid}\n`);
    RunLock.take(folder).release();
  });

  it('creates the folder', () => {
    RunLock.take(path.join(folder, 'deep', 'er')).release();
  });

  it('says in one sentence that the folder cannot be used', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect(() => RunLock.take(path.join(file, 'below'))).toThrow(/cannot be created \(ENOTDIR\): make it writable/);
  });
});
