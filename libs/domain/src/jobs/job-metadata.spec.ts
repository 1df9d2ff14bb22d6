import { describe, expect, it } from '@jest/globals';

import { JOB_METADATA_CHARS_MAX, mergedJobMetadata } from './job-metadata.js';

describe('mergedJobMetadata', () => {
  it('puts members over those of the same name', () => {
    expect(mergedJobMetadata({ a: 1, b: 2 }, { b: 3, c: null })).toEqual({ a: 1, b: 3, c: null });
  });

  it('takes as much as is kept, and no more', () => {
    const fits = 'x'.repeat(JOB_METADATA_CHARS_MAX - '{"a":""}'.length);
    expect(mergedJobMetadata({}, { a: fits })).toEqual({ a: fits });
    expect(() => mergedJobMetadata({}, { a: `${fits}x` })).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
    expect(() => mergedJobMetadata({ a: fits }, { b: 1 })).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    );
  });
});
