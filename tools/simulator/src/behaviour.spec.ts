import { describe, expect, it } from '@jest/globals';
import { behaviourFor, DEFAULT_BEHAVIOUR, directiveIn, mayHoldDirective, parseBehaviour } from './behaviour.js';

describe('directives', () => {
  it('are read from the middle of a text', () => {
    expect(directiveIn('Hello sim:{"latencyMs":5,"toolCall":{"arguments":{"a":"}{"}}} and on')).toEqual({
      latencyMs: 5,
      toolCall: { arguments: { a: '}{' } },
    });
  });

  it('are found in an escaped request body', () => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'sim:{"status":500}' }] });
    expect(mayHoldDirective(body)).toBe(true);
  });

  it('are absent from ordinary text', () => {
    expect(directiveIn('simulate: {"latencyMs":5}')).toBeUndefined();
  });

  it.each([
    ['sim:{"latencyMs":-1}', '"latencyMs" must be milliseconds'],
    ['sim:{"latency":1}', 'Unknown behaviour "latency"'],
    ['sim:{"usagePosition":"last"}', 'first | middle | final'],
    ['sim:{"status":200}', '400..599'],
    ['sim:{"perModel":[]}', 'behaviours by model'],
    ['sim:{"perApiKey":{"a":{"latency":1}}}', 'Unknown behaviour "latency"'],
    ['sim:{latencyMs:1}', 'not JSON'],
    ['sim:{"latencyMs":1', 'no closing brace'],
  ])('refuses %s', (text, reason) => {
    expect(() => directiveIn(text)).toThrow(reason);
  });

  it('may differ by model and by bearer token', () => {
    const directive = directiveIn(
      'sim:{"chunks":3,"perModel":{"bad":{"status":500}},"perApiKey":{"sk":{"status":null}}}',
    );
    const behaviour = { ...DEFAULT_BEHAVIOUR, ...directive };
    expect(behaviourFor(behaviour, 'good', 'other')).toMatchObject({ chunks: 3, status: null });
    expect(behaviourFor(behaviour, 'bad', 'other')).toMatchObject({ chunks: 3, status: 500 });
    expect(behaviourFor(behaviour, 'bad', 'sk')).toMatchObject({ chunks: 3, status: null });
  });

  it('refuse anything but an object', () => {
    expect(() => parseBehaviour([1])).toThrow('must be a JSON object');
  });
});
