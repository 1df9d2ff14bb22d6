import { describe, expect, it } from '@jest/globals';
import { FIRST_KEY, kindOfKey, planDataset, tenantIdsOf, type KeyKind } from './dataset.js';
import { parseManagementOptions } from './management-options.js';
import { isManagementCorrect, managementToJson, type ManagementMeasurements } from './management-report.js';
import { costOf } from './measure-reads.js';
import { readsOf } from './reads.js';
import { differencesOfShape } from './shape.js';

const TEMPLATES = {
  customerId: 'template-customer',
  teamId: 'template-team',
  keyIds: { of_team: 'template-of-team', of_customer: 'template-of-customer', alone: 'template-alone' },
};

function plan() {
  let last = 0;
  return planDataset({ customers: 100, teams: 1_000, keys: 10_000 }, TEMPLATES, () => `copy-${(last += 1)}`);
}

describe('parseManagementOptions', () => {
  it('seeds what the issue asks for unless told otherwise', () => {
    expect(parseManagementOptions([])).toMatchObject({ keys: 10_000, teams: 1_000, customers: 100, isJson: false });
    expect(parseManagementOptions(['--quick', '--json'])).toMatchObject({ keys: 10_000, rounds: 2, isJson: true });
  });

  it('refuses a flag that does not exist', () => {
    expect(() => parseManagementOptions(['--fast'])).toThrow(RangeError);
  });
});

describe('planDataset', () => {
  const dataset = plan();
  const teamsOf = (customer: number) =>
    dataset.teams.filter(({ customerId }) => customerId === dataset.customers[customer]?.id).length;

  it('has a customer with fifty teams, one with ten, and none without', () => {
    expect([teamsOf(0), teamsOf(1)]).toEqual([50, 10]);
    expect(Math.min(...dataset.customers.map((_, index) => teamsOf(index)))).toBe(9);
  });

  it('has as many of each as asked for, every id and every name of a key once', () => {
    const { customers, teams, keys } = dataset;
    expect([customers.length, teams.length, keys.length]).toEqual([100, 1_000, 10_000]);
    expect(new Set([...customers, ...teams, ...keys].map(({ id }) => id)).size).toBe(11_100);
    expect(new Set(keys.map(({ name }) => name)).size).toBe(10_000);
  });

  it('puts each template where the API has created it', () => {
    const { customers, teams, keys } = dataset;
    expect([customers[0]?.id, teams[0]?.id]).toEqual(['template-customer', 'template-team']);
    expect(teams[0]?.customerId).toBe('template-customer');
    for (const kind of Object.keys(TEMPLATES.keyIds) as KeyKind[]) {
      expect(kindOfKey(FIRST_KEY[kind])).toBe(kind);
      expect(keys[FIRST_KEY[kind]]?.id).toBe(TEMPLATES.keyIds[kind]);
    }
    expect(keys[FIRST_KEY.of_team]?.teamId).toBe('template-team');
    expect(keys[FIRST_KEY.of_customer]?.customerId).toBe('template-customer');
  });

  it('knows every tenant once: customers and keys without owner', () => {
    const tenants = tenantIdsOf(dataset);
    expect(tenants).toHaveLength(300);
    expect(new Set(tenants)).toEqual(new Set([...tenants, ...dataset.keys.map(({ tenantId }) => tenantId)]));
  });
});

describe('readsOf', () => {
  it('asks for an entity or a page that exists, another one each time', () => {
    const dataset = plan();
    const reads = readsOf({ dataset, keyHashes: new Map([['k', 'hash']]) });
    const ids = new Set([...dataset.keys, ...dataset.teams].map(({ id }) => id));
    for (const name of ['get_key', 'get_team']) {
      const paths = [1, 2, 3, 4_000].map((turn) => reads.find((read) => read.name === name)?.path(turn) ?? '');
      expect(new Set(paths).size).toBe(4);
      for (const path of paths) expect(ids).toContain(path.split('/').at(-1));
    }
    const offsets = Array.from({ length: 300 }, (_, turn) =>
      Number(/offset=(\d+)/.exec(reads.find(({ name }) => name === 'list_keys_page')?.path(turn) ?? '')?.[1]),
    );
    expect([Math.min(...offsets), Math.max(...offsets)]).toEqual([0, 9_900]);
  });
});

describe('differencesOfShape', () => {
  it.each([
    [{ a: 1, b: 'x' }, { b: 'y', a: 2 }, []],
    [{ a: 1 }, {}, ['$.a is missing']],
    [{}, { a: 1 }, ['$.a is too much']],
    [{ a: { b: null } }, { a: { b: 1 } }, ['$.a.b is number instead of null']],
    [{ a: [{ b: 1 }] }, { a: [{ b: '1' }] }, ['$.a[0].b is string instead of number']],
    [{ a: [] }, { a: [1] }, []],
    [[], {}, ['$ is object instead of array']],
  ])('of %j and %j', (expected, actual, differences) => {
    expect(differencesOfShape(expected, actual)).toEqual(differences);
  });
});

describe('costOf', () => {
  it('compares each round with the reference of the same round', () => {
    const rounds = [
      [10, 20],
      [100, 200],
      [10, 20],
    ];
    const reference = [
      [1, 2],
      [10, 20],
      [5, 10],
    ];
    expect(costOf(rounds, reference)).toEqual({ p50Ms: 20, p95Ms: 200, ratioP50: 10, ratioP95: 10, calls: 6 });
  });
});

describe('isManagementCorrect', () => {
  const cost = { p50Ms: 1, p95Ms: 2, ratioP50: 1, ratioP95: 1, calls: 9 };
  const measured: ManagementMeasurements = {
    machine: 'a machine',
    options: parseManagementOptions([]),
    reference: cost,
    reads: [{ name: 'list_keys_whole', bytes: 10, statements: 3, ...cost }],
    scans: { scans: 0, guiltyReads: [], controlScans: 5 },
    usageEventStatements: [],
    seedProblems: [],
    elapsedS: 1,
  };

  it('holds when nothing scanned usage events and a deliberate scan was seen', () => {
    expect(isManagementCorrect(measured)).toBe(true);
    expect(managementToJson(measured)).toMatchObject({ list_p95_ms: 2, usage_event_scans: 0, is_correct: true });
  });

  it.each([
    ['a read scanned them', { scans: { ...measured.scans, scans: 1 } }],
    ['a scan would not have been seen', { scans: { ...measured.scans, controlScans: 0 } }],
    ['a statement names them', { usageEventStatements: ['SELECT count(*) FROM ledger.usage_events'] }],
    ['the copies read differently', { seedProblems: ['team: $.budget is missing'] }],
  ])('does not when %s', (_, change) => {
    expect(isManagementCorrect({ ...measured, ...change })).toBe(false);
  });
});
