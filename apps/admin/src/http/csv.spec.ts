import { describe, expect, it } from '@jest/globals';

import { csvLine } from './csv.js';

describe('csvLine', () => {
  it.each<[(string | number | null)[], string]>([
    [['a', 'b'], 'a,b'],
    [['say "hi", please', null, 5], '"say ""hi"", please",,5'],
    [['two\nlines'], '"two\nlines"'],
    [[-5, '-5'], "-5,'-5"],
    [['=1+1', '+1', '@SUM(A1)', '\tx'], "'=1+1,'+1,'@SUM(A1),'\tx"],
    [['=HYPERLINK("http://x","y")'], `"'=HYPERLINK(""http://x"",""y"")"`],
    [['\r=1'], `"'\r=1"`],
    [['2026-01-01', 'a=b'], '2026-01-01,a=b'],
  ])('%j', (values, expected) => {
    expect(csvLine(values)).toBe(`${expected}\r\n`);
  });
});
