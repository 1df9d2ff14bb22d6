import { describe, expect, it } from '@jest/globals';

import type { Actor } from '../context/request-context.js';
import { mayReveal } from './may-reveal.js';

describe('who may see the value of a secret', () => {
  it.each<[Actor, boolean]>([
    [{ kind: 'operator', id: 'master-key', role: 'owner', sessionId: null }, true],
    [{ kind: 'operator', id: 'u', role: 'owner', sessionId: 's' }, true],
    [{ kind: 'operator', id: 'u', role: 'admin', sessionId: 's' }, true],
    [{ kind: 'operator', id: 'u', role: 'user', sessionId: 's' }, false],
    [{ kind: 'service', id: 'gateway' }, false],
    [{ kind: 'system', id: 'sweeper' }, false],
    [{ kind: 'anonymous', id: 'anonymous' }, false],
  ])('%j: %p', (actor, expected) => {
    expect(mayReveal({ actor })).toBe(expected);
  });
});
