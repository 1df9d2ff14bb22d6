import { describe, expect, it } from '@jest/globals';

import type { LimitSpec } from '../limits/limits.js';
import { limitOf } from '../../test/admission-fixtures.js';
import { stepOnExceed } from './on-exceed.js';

const deny = limitOf(1);
const clamp = limitOf(1, { onExceed: 'clamp' });
const fallback = limitOf(1, { onExceed: 'fallback', fallbackModel: 'openai/cheap' });
const other = limitOf(1, { onExceed: 'fallback', fallbackModel: 'openai/other' });

describe('stepOnExceed', () => {
  it.each<[string, readonly LimitSpec[], object]>([
    ['nothing exceeded', [], { kind: 'deny' }],
    ['deny', [deny], { kind: 'deny' }],
    ['clamp', [clamp, clamp], { kind: 'clamp' }],
    ['fallback', [fallback], { kind: 'fallback', model: 'openai/cheap' }],
    ['one that denies decides', [clamp, fallback, deny], { kind: 'deny' }],
    ['fallback comes before clamp', [clamp, fallback], { kind: 'fallback', model: 'openai/cheap' }],
    ['of two fallbacks the first', [fallback, clamp, other], { kind: 'fallback', model: 'openai/cheap' }],
    ['a fallback to nothing denies', [limitOf(1, { onExceed: 'fallback' })], { kind: 'deny' }],
  ])('%s', (_, exceeded, step) => {
    expect(stepOnExceed(exceeded)).toEqual(step);
  });
});
