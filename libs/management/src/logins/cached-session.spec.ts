import { describe, expect, it } from '@jest/globals';

import { readCachedSession } from './cached-session.js';

const session = { epoch: 'e', sessionId: 's', userId: 'u', role: 'admin', expiresAtMs: 5 };

describe('readCachedSession', () => {
  it('reads what was written', () => {
    expect(readCachedSession(JSON.stringify(session))).toEqual(session);
  });

  it.each([
    null,
    '',
    '-',
    'null',
    '[]',
    '5',
    JSON.stringify({ ...session, epoch: '' }),
    JSON.stringify({ ...session, epoch: undefined }),
    JSON.stringify({ ...session, role: 'root' }),
    JSON.stringify({ ...session, expiresAtMs: '5' }),
    JSON.stringify({ ...session, userId: 7 }),
  ])('takes %p for nothing', (text) => {
    expect(readCachedSession(text)).toBeNull();
  });
});
