import { describe, expect, it } from '@jest/globals';

import {
  AUDIT_CHAIN_START,
  type AuditFacts,
  auditHash,
  EMPTY_CHAIN,
  faultOfLink,
  findBrokenLink,
} from './audit-chain.js';

type Link = AuditFacts & { hash: string };

function chainOf(length: number): Link[] {
  const chain: Link[] = [];
  for (let position = 1; position <= length; position += 1) {
    const facts: AuditFacts = {
      id: `entry-${position}`,
      tenantId: 'tenant',
      position: String(position),
      occurredAt: new Date(position),
      actorType: 'operator',
      actorId: 'master-key',
      action: 'team.updated',
      entityType: 'team',
      entityId: 'team',
      before: { name: `name ${position}`, list: [1, { b: 1, a: null }] },
      after: null,
      ip: '127.0.0.1',
      userAgent: null,
      requestId: 'request',
      prevHash: chain.at(-1)?.hash ?? AUDIT_CHAIN_START,
    };
    chain.push({ ...facts, hash: auditHash(facts) });
  }
  return chain;
}

describe('the audit chain', () => {
  it('is intact as written, also when the database reorders the keys of a state', () => {
    const chain = chainOf(3).map((entry) => ({
      ...entry,
      before: { list: [1, { a: null, b: 1 }], name: entry.before?.['name'] },
    }));

    expect(findBrokenLink(chain)).toBe(-1);
    expect(findBrokenLink([])).toBe(-1);
  });

  it.each<[string, (chain: Link[]) => Link[], number]>([
    ['an edited state', (chain) => chain.with(1, { ...chain[1]!, before: { name: 'forged' } }), 1],
    ['a removed entry', (chain) => chain.toSpliced(1, 1), 1],
    ['swapped entries', (chain) => [chain[0]!, chain[2]!, chain[1]!], 1],
    [
      'a rehashed entry, at the one after it',
      (chain) => chain.with(1, rehashed({ ...chain[1]!, actorId: 'nobody' })),
      2,
    ],
    ['another tenant', (chain) => chain.with(0, { ...chain[0]!, tenantId: 'other' }), 0],
  ])('shows %s', (_what, forge, position) => {
    expect(findBrokenLink(forge(chainOf(3)))).toBe(position);
  });

  it('says of a link what is wrong with it', () => {
    const [first, second, third] = chainOf(3) as [Link, Link, Link];

    expect(faultOfLink(EMPTY_CHAIN, first)).toBeNull();
    expect(faultOfLink(first, second)).toBeNull();
    expect(faultOfLink(first, third)).toBe('missing_before');
    expect(faultOfLink(second, second)).toBe('missing_before');
    expect(faultOfLink({ ...first, hash: third.hash }, second)).toBe('not_linked');
    expect(faultOfLink(first, { ...second, ip: null })).toBe('changed');
  });

  function rehashed(entry: Link): Link {
    return { ...entry, hash: auditHash(entry) };
  }
});
