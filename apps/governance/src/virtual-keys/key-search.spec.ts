import { describe, expect, it } from '@jest/globals';

import { planKeySearch } from './key-search.js';

const WHOLE = `sk-bf-${'x'.repeat(43)}`;

describe('planKeySearch', () => {
  it.each([
    ['part of a name', { namePattern: '%part of a name%', prefixPattern: null, hint: null, value: null }],
    ['ab', { namePattern: '%ab%', prefixPattern: 'ab%', hint: null, value: null }],
    ['a_-Z', { namePattern: '%a\\_-Z%', prefixPattern: 'a\\_-Z%', hint: 'a_-Z', value: null }],
    ['abcde', { namePattern: '%abcde%', prefixPattern: null, hint: null, value: null }],
    ['sk-bf-abcd', { namePattern: '%sk-bf-abcd%', prefixPattern: 'abcd%', hint: null, value: null }],
    ['sk-bf-abcdefgh', { namePattern: '%sk-bf-abcdefgh%', prefixPattern: 'abcd%', hint: null, value: null }],
    ['sk-bf-', { namePattern: '%sk-bf-%', prefixPattern: null, hint: null, value: null }],
    ['sk-bf-...wxyz', { namePattern: '%sk-bf-...wxyz%', prefixPattern: null, hint: 'wxyz', value: null }],
    [WHOLE, { namePattern: `%${WHOLE}%`, prefixPattern: null, hint: null, value: WHOLE }],
  ])('of %j', (search, planned) => {
    expect(planKeySearch(search)).toEqual(planned);
  });
});
