import { describe, expect, it } from '@jest/globals';
import { selfTimes } from './cpu-profile.js';
import { excessOf } from './limit-audit.js';
import { limitCountRatios } from './measure-limit-count.js';
import { parseOptions } from './options.js';
import { coreBusyMsFromStat, cpuMsFromStat } from './process-stat.js';
import { commandsBetween } from './redis-cost.js';
import { median, quantilesOf } from './statistics.js';

describe('parseOptions', () => {
  it('takes flags after the separator of npm', () => {
    expect(parseOptions(['--', '--json', '--seconds', '2'])).toMatchObject({ isJson: true, roundMs: 2_000 });
    expect(parseOptions(['--quick', '--seconds=9'])).toMatchObject({ roundMs: 9_000, rounds: 3 });
  });

  it.each([['--fast'], ['--seconds'], ['--seconds=0']])('refuses %s', (flag) => {
    expect(() => parseOptions([flag])).toThrow(RangeError);
  });
});

describe('statistics', () => {
  it('gives nearest-rank quantiles', () => {
    expect(quantilesOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toEqual({
      p50: 50,
      p90: 90,
      p99: 99,
      max: 100,
    });
    expect(quantilesOf([])).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
  });

  it('gives medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('cpuMsFromStat', () => {
  it('is not misled by a process name', () => {
    const stat = '42 (no) de) S 1 42 42 0 -1 4194304 1 2 3 4 150 50 0 0 20 0 11 0 100 1 2';
    expect(cpuMsFromStat(stat)).toBe(2_000);
  });
});

describe('coreBusyMsFromStat', () => {
  it('adds up everything but idling and waiting for disks', () => {
    const stat = 'cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\ncpu1 10 20 30 1000 500 1 2 3 0 0\n';
    expect(coreBusyMsFromStat(stat, 1)).toBe(660);
  });
});

describe('excessOf', () => {
  it('finds the largest excess per unit and ignores what is within its cap', () => {
    const caps = new Map([
      ['c1.0', 100n],
      ['c2.0', 100n],
      ['t1.3', 10n],
    ]);
    const counters = new Map([
      ['c1.0.abc', 100n],
      ['c2.0.abc', 107n],
      ['t1.3.abc', 9n],
      ['t1.2.abc', 99n],
    ]);
    expect(excessOf(counters, caps)).toEqual({ overspendNanoUsd: 7n, overspendTokens: 0n, overspendRequests: 0n });
  });
});

describe('limitCountRatios', () => {
  const costs = (gatewayCpuUs: number, redisCpuUs: number, callsPerS: number) => ({
    gatewayCpuUs,
    redisCpuUs,
    callsPerS,
    scriptUs: 0,
    scriptCalls: 0,
  });

  it('compares neighbouring rounds, so that a spell in which everything is slow changes nothing', () => {
    const one = {
      tenantId: 'a',
      limits: 1,
      rounds: [costs(100, 20, 4000), costs(300, 60, 1000), costs(100, 20, 4000)],
    };
    const full = {
      tenantId: 'b',
      limits: 9,
      rounds: [costs(120, 60, 2000), costs(360, 180, 500), costs(120, 60, 2000)],
    };
    expect(limitCountRatios({ one, full })).toEqual({ gatewayCpu: 1.2, redisCpu: 3, cpu: 1.5, throughput: 2 });
  });
});

describe('commandsBetween', () => {
  it('counts from zero a command that was not known before', () => {
    const before = { cpuUs: 0, commands: new Map([['hget', { calls: 2, us: 10 }]]) };
    const after = {
      cpuUs: 0,
      commands: new Map([
        ['hget', { calls: 5, us: 40 }],
        ['evalsha', { calls: 1, us: 7 }],
      ]),
    };
    expect(commandsBetween(before, after)).toEqual([
      { name: 'hget', calls: 3, us: 30 },
      { name: 'evalsha', calls: 1, us: 7 },
    ]);
  });
});

describe('selfTimes', () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 6 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(idle)', '') },
      { id: 2, callFrame: frame('parse', 'file:///x/node_modules/.pnpm/y/node_modules/lib/a.js') },
      { id: 3, callFrame: frame('(garbage collector)', '') },
    ],
    samples: [2, 1, 2, 3],
    timeDeltas: [10, 100, 20, 10],
  };

  it('adds up by function and file, without idle time', () => {
    const { functions, files, packages } = selfTimes(profile);
    expect(functions).toEqual([
      { name: 'parse lib/a.js:7', us: 30, share: 0.75 },
      { name: '(garbage collector)', us: 10, share: 0.25 },
    ]);
    expect(files[0]).toMatchObject({ name: 'lib/a.js', us: 30 });
    expect(packages[0]).toMatchObject({ name: 'lib', us: 30 });
  });

  it('looks at the end only when told to', () => {
    expect(selfTimes(profile, 50).functions[0]).toMatchObject({ us: 20 });
  });
});
