import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { fromCursor, toCursor } from './page-cursor.js';

describe('cursors of pages', () => {
  it('give back what they were made of', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
          { maxLength: 4 },
        ),
        (marks) => {
          expect(fromCursor(toCursor(marks), marks.length)).toEqual(marks);
        },
      ),
    );
  });

  it('refuse whatever else they are given', () => {
    for (const other of ['', 'x', toCursor(['a']), toCursor(['a', 'b', 'c']), toCursor(['a', '\0']), 'W10', '%']) {
      expect(() => fromCursor(other, 2)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => fromCursor(text, 3)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
      }),
    );
  });
});
