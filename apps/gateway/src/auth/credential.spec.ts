import { describe, expect, it } from '@jest/globals';

import { dialectOf, readCredential } from './credential.js';

describe('readCredential', () => {
  it.each([
    [{ 'x-bf-vk': 'sk-bf-1' }, 'x-bf-vk'],
    [{ authorization: 'Bearer sk-bf-1' }, 'authorization'],
    [{ authorization: 'bearer   sk-bf-1 ' }, 'authorization'],
    [{ 'x-api-key': 'sk-bf-1' }, 'x-api-key'],
    [{ 'x-goog-api-key': 'sk-bf-1' }, 'x-goog-api-key'],
    [{ 'x-bf-vk': 'sk-bf-1', authorization: 'Bearer other', 'x-api-key': 'other' }, 'x-bf-vk'],
    [{ authorization: 'Bearer sk-bf-1', 'x-api-key': 'other', 'x-goog-api-key': 'other' }, 'authorization'],
    [{ 'x-api-key': 'sk-bf-1', 'x-goog-api-key': 'other' }, 'x-api-key'],
  ])('finds the key in %j', (headers, header) => {
    expect(readCredential(headers)).toEqual({ value: 'sk-bf-1', header });
  });

  it('asks for a key when there is none', () => {
    expect(() => readCredential({ accept: '*/*' })).toThrow(expect.objectContaining({ code: 'virtual_key_required' }));
  });

  it.each([
    { 'x-bf-vk': '' },
    { 'x-bf-vk': '  ' },
    { 'x-bf-vk': '', authorization: 'Bearer sk-bf-1' },
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: 'Basic c2stYmYtMQ==' },
    { authorization: 'sk-bf-1' },
    { 'x-api-key': '' },
    { 'x-goog-api-key': ' ' },
  ])('tells an empty header from an absent one: %j', (headers) => {
    expect(() => readCredential(headers)).toThrow(expect.objectContaining({ code: 'virtual_key_empty' }));
  });

  it('does not hash what cannot be a key', () => {
    const headers = { 'x-bf-vk': 'x'.repeat(513) };
    expect(() => readCredential(headers)).toThrow(expect.objectContaining({ code: 'virtual_key_not_found' }));
  });
});

describe('dialectOf', () => {
  it.each([
    [{ 'x-bf-vk': 'k' }, 'bifrost'],
    [{ 'x-bf-vk': '' }, 'bifrost'],
    [{ 'x-bf-vk': 'k', authorization: 'Bearer k' }, 'bifrost'],
    [{ authorization: 'Bearer k' }, 'openai'],
    [{ 'x-api-key': 'k' }, 'openai'],
    [{}, 'openai'],
  ])('of %j is %s', (headers, dialect) => {
    expect(dialectOf(headers)).toBe(dialect);
  });
});
