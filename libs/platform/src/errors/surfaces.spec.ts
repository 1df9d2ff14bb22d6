import { describe, expect, it } from '@jest/globals';

import { type ErrorSurface, surfaceAt } from './surfaces.js';

describe('surfaceAt', () => {
  it.each<[surface: ErrorSurface, url: string, expected: ErrorSurface]>([
    ['gateway', '/v1/chat/completions', 'gateway'],
    ['gateway', '/', 'gateway'],
    ['gateway', '/apiary', 'gateway'],
    ['gateway', '/v1/x?next=/api/governance', 'gateway'],
    ['gateway', '/api/governance', 'governance'],
    ['gateway', '/api/governance?x=1', 'governance'],
    ['gateway', '/api/governance/teams/%ff', 'governance'],
    ['gateway', '/api/governances', 'admin'],
    ['gateway', '/api', 'admin'],
    ['gateway', '/api/organizations/%ff', 'admin'],
    ['governance', '/api/organizations', 'governance'],
    ['admin', '/api/governance', 'admin'],
  ])('of %s at %s is %s', (surface, url, expected) => {
    expect(surfaceAt(surface, url)).toBe(expected);
  });
});
