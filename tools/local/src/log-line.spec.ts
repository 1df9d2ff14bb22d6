import { describe, expect, it } from '@jest/globals';

import { LinePrinter } from './log-line.js';

const printer = new LinePrinter('gateway', 0, false);

describe('LinePrinter', () => {
  it('shortens a JSON line to what a person reads', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2026-01-15T12:34:56.789Z',
      name: 'gateway',
      pid: 42,
      hostname: 'box',
      status: 200,
      route: '/v1/chat/completions',
      msg: 'request completed',
    });
    expect(printer.format(line)).toBe(
      'gateway    | 12:34:56 INFO  request completed status=200 route=/v1/chat/completions\n',
    );
  });

  it('puts the stack of an error below its line', () => {
    const line = JSON.stringify({
      level: 'error',
      msg: 'it broke',
      err: { type: 'Error', message: 'why', stack: 'Error: why\n    at here' },
    });
    expect(printer.format(line)).toBe(
      'gateway    | ERROR it broke\ngateway    |     Error: why\ngateway    |     at here\n',
    );
  });

  it('leaves other lines as they are, without the colours of others', () => {
    expect(printer.format('\u001b[31mplain\u001b[0m {text}')).toBe('gateway    | plain {text}\n');
    expect(printer.format('{not json')).toBe('gateway    | {not json\n');
  });

  it('uses colours only on a terminal', () => {
    expect(new LinePrinter('admin', 1, true).format('x')).toContain('\u001b[');
  });

  it('cuts values that would fill the screen', () => {
    expect(printer.format(JSON.stringify({ msg: 'm', long: 'x'.repeat(500) })).length).toBeLessThan(200);
  });
});
