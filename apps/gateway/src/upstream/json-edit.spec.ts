import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { duplicateJsonMembers, setJsonMembers } from './json-edit.js';

function edit(json: string, members: Record<string, unknown>): string {
  return setJsonMembers(Buffer.from(json), members).toString('utf8');
}

describe('setJsonMembers', () => {
  it.each<[what: string, json: string, members: Record<string, unknown>, expected: string]>([
    ['replaces a value', '{"model":"a","n":1}', { model: 'b' }, '{"model":"b","n":1}'],
    ['adds in front', '{"n":1}', { model: 'b' }, '{"model":"b","n":1}'],
    ['fills an empty object', '{}', { a: 1 }, '{"a":1}'],
    ['fills an empty object with several', '{ \n}', { a: 1, b: [2] }, '{"a":1,"b":[2] \n}'],
    ['adds and replaces at once', '{"n":1}', { n: 2, m: 3 }, '{"m":3,"n":2}'],
    ['keeps whitespace', ' {\t"model" :\r\n "a" , "n":1}\n', { model: 'b' }, ' {\t"model" :\r\n "b" , "n":1}\n'],
    [
      'keeps integers that a double would round',
      '{"seed":12345678901234567890,"m":1}',
      { m: 2 },
      '{"seed":12345678901234567890,"m":2}',
    ],
    ['keeps the spelling of numbers', '{"t":1.00,"u":1E2,"m":1}', { m: 2 }, '{"t":1.00,"u":1E2,"m":2}'],
    ['reads an escaped name', '{"\\u006dodel":"a"}', { model: 'b' }, '{"\\u006dodel":"b"}'],
    ['sets a name that stands twice twice', '{"m":1,"x":0,"m":2}', { m: 3 }, '{"m":3,"x":0,"m":3}'],
    ['leaves nested names alone', '{"a":{"m":1},"b":[{"m":1}],"m":1}', { m: 2 }, '{"a":{"m":1},"b":[{"m":1}],"m":2}'],
    ['is not fooled by text', '{"a":"\\"m\\":1,}{","m":1}', { m: 2 }, '{"a":"\\"m\\":1,}{","m":2}'],
    ['is not fooled by backslashes', '{"a":"\\\\","m":1,"b":"\\\\\\""}', { m: 2 }, '{"a":"\\\\","m":2,"b":"\\\\\\""}'],
    ['replaces objects whole', '{"o":{"x":[1,{"y":"}"}]},"n":1}', { o: {} }, '{"o":{},"n":1}'],
    ['replaces literals', '{"o":null,"p":true}', { o: 1, p: 2 }, '{"o":1,"p":2}'],
    ['counts in bytes', '{"ä€😀":"ä€😀","m":"ä"}', { m: '😀' }, '{"ä€😀":"ä€😀","m":"😀"}'],
  ])('%s', (_what, json, members, expected) => {
    expect(edit(json, members)).toBe(expected);
  });

  const names = fc.constantFrom('model', 'stream_options', 'n', 'a"b', 'ü', '\\', '');
  const values = fc.jsonValue({ maxDepth: 3 });
  const members = fc.dictionary(names, values, { maxKeys: 4 });

  it('gives what a parser of the result expects, whatever the object and the layout', () => {
    fc.assert(
      fc.property(members, members, fc.constantFrom(undefined, 1, '\t', '\r\n '), (before, set, space) => {
        const json = JSON.stringify(before, undefined, space);
        const after = JSON.parse(edit(json, set)) as Record<string, unknown>;
        expect(after).toEqual(JSON.parse(JSON.stringify({ ...before, ...set })));
      }),
      { numRuns: 500 },
    );
  });

  it('touches no byte outside the values it sets', () => {
    fc.assert(
      fc.property(members, values, fc.constantFrom('', ' ', '\n\t'), (others, value, gap) => {
        delete others['n'];
        const entries = Object.entries(others).map(
          ([name, one]) => `${JSON.stringify(name)}${gap}:${gap}${JSON.stringify(one)}`,
        );
        for (let at = 0; at <= entries.length; at += 1) {
          const around = (text: string): string =>
            `{${gap}${[...entries.slice(0, at), `"n"${gap}:${text}${gap}`, ...entries.slice(at)].join(`${gap},${gap}`)}}`;
          expect(edit(around('"old"'), { n: value })).toBe(around(JSON.stringify(value)));
        }
      }),
    );
  });
});

describe('duplicateJsonMembers', () => {
  it.each<[json: string, expected: string[]]>([
    ['{"a":1,"b":2}', []],
    ['{"a":1,"b":2,"a":3}', ['a']],
    ['{"a":1,"\\u0061":3}', ['a']],
    ['{"\\u0061":1,"\\u0061":3}', ['a']],
    ['{"a":{"a":1},"b":[{"b":2},{"b":2}]}', []],
    ['{"a":"\\"a\\":1,\\"a\\":2"}', []],
    ['{"b":1,"a":1,"b":1,"a":1,"c":1,"c":1}', ['a', 'b']],
    ['{}', []],
  ])('%s repeats %p', (json, expected) => {
    expect(duplicateJsonMembers(Buffer.from(json), ['a', 'b'])).toEqual(expected);
  });
});
