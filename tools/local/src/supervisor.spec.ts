import { ServerProcess, waitUntil } from '@penstock/servers';
import { describe, expect, it } from '@jest/globals';

import { Service } from './service.js';
import { Supervisor } from './supervisor.js';

function shell(script: string): ServerProcess {
  return new ServerProcess({ name: 'it', command: '/bin/sh', args: ['-c', script], env: { PATH: '/usr/bin:/bin' } });
}

describe('Supervisor', () => {
  it('starts a service again that ended by itself', async () => {
    const said: string[] = [];
    let runs = 0;
    const service = new Service(
      'it',
      () => {
        runs += 1;
        return Promise.resolve(shell(runs === 1 ? 'exit 3' : 'exec sleep 60'));
      },
      1_000,
    );
    const supervisor = new Supervisor({ say: (text) => said.push(text), giveUp: () => undefined });
    await service.start();
    supervisor.watch(service);
    await waitUntil(() => said.includes('it is back'), { what: 'the restart' });
    expect(said[0]).toBe('it ended with code 3: starting it again in 0.5 s (1 of 5)');
    supervisor.standDown();
    await service.stop();
    expect(runs).toBe(2);
  });

  it('gives up after five restarts with the last words of the service', async () => {
    const pauses: number[] = [];
    const service = new Service('it', () => Promise.resolve(shell('echo last words; exit 1')), 1_000);
    await service.start();
    const end = new Promise<string[]>((resolve) => {
      const supervisor = new Supervisor({ say: () => undefined, giveUp: (...words) => resolve(words) }, (pauseMs) => {
        pauses.push(pauseMs);
        return Promise.resolve();
      });
      supervisor.watch(service);
    });
    const [sentence, output] = await end;
    expect(sentence).toBe('it ended with code 1 again after 5 restarts: everything stops.');
    expect(output).toContain('last words');
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
  });

  it('takes an end during the shutdown for what it is', async () => {
    const said: string[] = [];
    const service = new Service('it', () => Promise.resolve(shell('exec sleep 60')), 1_000);
    const supervisor = new Supervisor({ say: (text) => said.push(text), giveUp: (text) => said.push(text) });
    await service.start();
    supervisor.watch(service);
    supervisor.standDown();
    expect(await service.stop()).toEqual({ wasKilled: false });
    expect(said).toEqual([]);
  });
});
