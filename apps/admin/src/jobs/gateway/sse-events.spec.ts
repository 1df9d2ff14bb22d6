import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { errorPayloadOf, isDone, SseEvents } from './sse-events.js';

describe('SseEvents', () => {
  it('gives back every byte, whole events at a time, wherever the stream is cut', () => {
    const event = fc.constantFrom(
      'data: {"a":1}\n\n',
      ': keepalive\n\n',
      'data: äöü😀\r\n\r\n',
      'data: [DONE]\n\n',
      '\n\n',
    );
    fc.assert(
      fc.property(fc.array(event), fc.constantFrom('', 'data: {"cut'), fc.array(fc.nat(40)), (events, rest, cuts) => {
        const bytes = Buffer.from(events.join('') + rest);
        const sse = new SseEvents();
        const seen: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          seen.push(...sse.push(bytes.subarray(at, at + cut)));
          at += cut;
        }
        seen.push(...sse.push(bytes.subarray(at)));
        for (const one of seen) expect(one.toString().endsWith('\n')).toBe(true);
        seen.push(sse.end());
        expect(Buffer.concat(seen).equals(bytes)).toBe(true);
      }),
    );
  });

  it('knows the last event and errors', () => {
    expect(isDone(Buffer.from('data: [DONE]\n\n'))).toBe(true);
    expect(isDone(Buffer.from('data:[DONE]\n\n'))).toBe(true);
    expect(isDone(Buffer.from('data: {"content":"[DONE]"}\n\n'))).toBe(false);
    expect(errorPayloadOf(Buffer.from('data: {"error":{"message":"x"}}\n\n'))).toBe('{"error":{"message":"x"}}');
    expect(errorPayloadOf(Buffer.from('data: {"id":"1","error":null}\n\n'))).toBeUndefined();
  });
});
