import { describe, expect, it } from '@jest/globals';
import { AppError } from '@penstock/domain';

import { type JsonBodyOptions, parseJsonBody } from './json-body.js';

function refusal(text: string | Buffer, options: JsonBodyOptions = {}): string {
  try {
    parseJsonBody(Buffer.from(text), options);
  } catch (error) {
    return error instanceof AppError ? `${error.code}: ${error.message}` : 'another error';
  }
  return 'accepted';
}

describe('parseJsonBody', () => {
  it('takes nothing for undefined and a byte order mark for nothing', () => {
    expect(parseJsonBody(Buffer.alloc(0))).toBeUndefined();
    expect(parseJsonBody(Buffer.from('\ufeff{"a":"é"}'))).toEqual({ a: 'é' });
  });

  it('says where malformed JSON breaks, without quoting it', () => {
    expect(refusal('{"prompt":"sk-bf-secret",}')).toMatch(/^request_malformed_json: .*\(at character \d+\)\.$/);
    expect(refusal('{"prompt":"sk-bf-secret"')).not.toContain('sk-bf-secret');
    expect(refusal('sk-bf-secret')).not.toContain('sk-bf');
  });

  it('refuses what is not UTF-8', () => {
    expect(refusal(Buffer.from([0x22, 0xff, 0x22]))).toContain('request_malformed_json');
  });

  it.each(['{"a":[{"__proto__":{"x":1}}]}', '{"\\u005f_proto__" : 1}', '{"__pr\\u006Fto__":1}'])(
    'refuses the key in %s',
    (text) => {
      expect(refusal(text)).toContain('request_invalid');
    },
  );

  it('lets a prompt talk about the key', () => {
    expect(refusal('{"content":"use \\"__proto__\\": 1 or __proto__"}')).toBe('accepted');
  });

  it('refuses nesting beyond the limit, whatever strings contain', () => {
    expect(refusal('[[[]]]', { depthMax: 3 })).toBe('accepted');
    expect(refusal('[[[[]]]]', { depthMax: 3 })).toContain('nested deeper than 3');
    expect(refusal('["[[[[\\"[[["]', { depthMax: 3 })).toBe('accepted');
    expect(refusal(`{"__proto__":1,"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)).toContain('request_invalid');
  });

  it('refuses more objects, members or list entries than the app can validate in good time', () => {
    const options = { membersMax: 10, entriesMax: 20 };
    const objects = (count: number): string => `[${Array.from({ length: count }, () => '{}').join(',')}]`;
    const members = (count: number): string =>
      `{"a":{${Array.from({ length: count }, (_, index) => `"${index}":1`).join(',')}}}`;
    const entries = (count: number): string => `[[${Array.from({ length: count }, () => '1').join(',')}]]`;

    expect(refusal(objects(10), options)).toBe('accepted');
    expect(refusal(objects(11), options)).toContain('more than 10 fields');
    expect(refusal(members(7), options)).toBe('accepted');
    expect(refusal(members(8), options)).toContain('more than 10 fields');
    expect(refusal(entries(19), options)).toBe('accepted');
    expect(refusal(entries(20), options)).toContain('more than 20 list entries');
  });

  it('keeps large integers digit for digit where the app asks for it, and only those', () => {
    const body =
      '{"a":9223372036854775807,"b":-9007199254740993,"c":9007199254740991,"d":1e3,"e":"9223372036854775807"}';

    expect(parseJsonBody(Buffer.from(body), { keepsLargeIntegers: true })).toEqual({
      a: 9223372036854775807n,
      b: -9007199254740993n,
      c: 9007199254740991,
      d: 1000,
      e: '9223372036854775807',
    });
    expect(parseJsonBody(Buffer.from('{"a":9223372036854775807}'))).toEqual({ a: 2 ** 63 });
  });
});
