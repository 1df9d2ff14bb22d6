import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { freePort, Reaper, RedisServer } from '../src/index.js';

describe('RedisServer', () => {
  const reaper = new Reaper();
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'penstock-servers-'));
    reaper.removeAfterwards(folder);
  });
  afterEach(() => reaper.close());

  it('says what to do about a damaged append-only file', async () => {
    const files = path.join(folder, 'appendonlydir');
    mkdirSync(files);
    writeFileSync(path.join(files, 'appendonly.aof.manifest'), 'file appendonly.aof.1.incr.aof seq 1 type i\n');
    writeFileSync(path.join(files, 'appendonly.aof.1.incr.aof'), 'this is no command\r\n');
    await expect(RedisServer.start({ dir: folder, hasAppendOnlyFile: true, reaper })).rejects.toThrow(
      /^Redis cannot use its data folder .*redis-check-aof --fix/,
    );
  });

  it('says that the port is taken', async () => {
    const port = await freePort();
    const first = await RedisServer.start({ dir: folder, port, reaper });
    await expect(RedisServer.start({ dir: folder, port, reaper })).rejects.toThrow(`Redis could not use port ${port}`);
    await first.stop();
  });
});
