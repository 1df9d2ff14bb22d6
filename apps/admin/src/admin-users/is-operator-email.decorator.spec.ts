import { describe, expect, it } from '@jest/globals';

import { isOperatorEmail, normalisedEmail } from './is-operator-email.decorator.js';

describe('an operator e-mail address', () => {
  it.each<[unknown, boolean]>([
    ['ada@example.com', true],
    ['Ada.Lovelace+ops@Sub.Example.ORG', true],
    ['ada@box.local', false],
    ['ada@box.LOCAL', false],
    ['ada@localhost', false],
    ['ada@x.test', false],
    ['ada', false],
    ['ada@', false],
    ['@example.com', false],
    ['a b@example.com', false],
    ['ada@example.com\0', false],
    ['', false],
    [5, false],
    [null, false],
    [['ada@example.com'], false],
  ])('%p: %p', (value, expected) => {
    expect(isOperatorEmail(value)).toBe(expected);
  });

  it('is kept with its host in lower case and its mailbox as it is', () => {
    expect(normalisedEmail('Ada@Example.COM')).toBe('Ada@example.com');
  });
});
