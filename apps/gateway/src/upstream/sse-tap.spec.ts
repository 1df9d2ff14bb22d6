import { describe, expect, it } from '@jest/globals';

import { type SseEvent, SseTap } from './sse-tap.js';

const content = (text: string, extra = ''): string =>
  `data: {"id":"c","model":"gpt-4o","choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}}}]${extra}}\n\n`;
const USAGE = '"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}';
const usageOnly = `data: {"id":"c","model":"gpt-4o-2024","choices":[],${USAGE}}\n\n`;
const DONE = 'data: [DONE]\n\n';

interface Seen {
  readonly events: readonly Omit<SseEvent, 'bytes'>[];
  readonly texts: readonly string[];
  readonly generated: string;
  readonly rest: string | undefined;
}

function tapOf(pieces: readonly (string | Buffer)[]): Seen {
  const tap = new SseTap();
  const events = pieces.flatMap((piece) => tap.push(Buffer.from(piece)));
  const rest = tap.end();
  return {
    events: events.map(({ bytes: _bytes, ...event }) => event),
    texts: events.map(({ bytes }) => bytes.toString('utf8')),
    generated: tap.generatedText(),
    rest: rest?.bytes.toString('utf8'),
  };
}

const LONG = [
  ': a comment\n\n',
  content('Grüße "an" 😀\n'),
  content('zwei', `,"usage":null`),
  'event: x\r\nid: 1\r\ndata: {"choices":[{"delta":{"content":"crlf"}}]}\r\n\r\n',
  usageOnly,
  DONE,
].join('');

describe('SseTap', () => {
  const whole = tapOf([LONG]);

  it('splits a stream into its events and loses no byte', () => {
    expect(whole.texts).toHaveLength(6);
    expect(whole.texts.join('')).toBe(LONG);
    expect(whole.rest).toBeUndefined();
    expect(whole.generated).toBe('Grüße "an" 😀\nzweicrlf');
  });

  it('sees the same events wherever the network cuts the stream', () => {
    const bytes = Buffer.from(LONG);
    for (let at = 1; at < bytes.length; at += 1) {
      expect(tapOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
    expect(tapOf(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it.each<[where: string, stream: string[], index: number, isUsageOnly: boolean]>([
    ['in the first chunk', [content('a', `,${USAGE}`), content('b'), DONE], 0, false],
    ['in the middle', [content('a'), content('b', `,${USAGE}`), content('c'), DONE], 1, false],
    ['in the final chunk', [content('a'), content('', `,${USAGE}`), DONE], 1, false],
    ['after the final chunk', [content('a'), usageOnly, DONE], 1, true],
    ['with spaces in the JSON', [content('a'), usageOnly.replaceAll(':', ': ').replace('data: ', 'data:')], 1, true],
  ])('reads usage %s', (_where, stream, index, isUsageOnly) => {
    const { events } = tapOf(stream);
    expect(events[index]).toMatchObject({
      usage: { prompt_tokens: 5, completion_tokens: 7 },
      isUsageOnly,
      isDone: false,
    });
    for (const [other, event] of events.entries()) if (other !== index) expect(event.usage).toBeUndefined();
  });

  it('tells the model that was billed', () => {
    expect(tapOf([usageOnly]).events[0]?.model).toBe('gpt-4o-2024');
  });

  it.each(['data: [DONE]\n\n', 'data:[DONE]\n\n', 'data: [DONE]\r\n\r\n'])('knows the end: %j', (text) => {
    expect(tapOf([content('a'), text]).events.map(({ isDone }) => isDone)).toEqual([false, true]);
  });

  it('does not take usage out of the text of the model', () => {
    const { events, generated } = tapOf([content(`{${USAGE}}`), content('data: [DONE]\n\n')]);
    expect(events).toEqual([
      { isDone: false, isUsageOnly: false },
      { isDone: false, isUsageOnly: false },
    ]);
    expect(generated).toBe(`{${USAGE}}data: [DONE]\n\n`);
  });

  it.each(['data: {"usage":{"pro\n\n', 'data: {"usage":\n\n', 'data: "usage":1\n\n', 'data: [1,"usage":]\n\n', '\n\n'])(
    'passes on what it cannot read: %j',
    (text) => {
      expect(tapOf([text, usageOnly])).toMatchObject({
        texts: [text, usageOnly],
        events: [{ isDone: false }, { usage: { prompt_tokens: 5 } }],
      });
    },
  );

  it('reads an event whose JSON spans several data lines', () => {
    const { events } = tapOf([`data: {"choices":[],\ndata: ${USAGE}}\n\n`]);
    expect(events[0]).toMatchObject({ usage: { completion_tokens: 7 }, isUsageOnly: true });
  });

  it('hands over what is left when the provider ends without a blank line', () => {
    const { texts, rest } = tapOf([content('a'), usageOnly.trimEnd()]);
    expect(texts).toEqual([content('a')]);
    expect(rest).toBe(usageOnly.trimEnd());
    const tap = new SseTap();
    tap.push(Buffer.from(usageOnly.trimEnd()));
    expect(tap.end()).toMatchObject({ usage: { prompt_tokens: 5 } });
    expect(tap.end()).toBeUndefined();
  });

  it('remembers all generated text: content, refusals, reasoning and tool arguments', () => {
    const stream = [
      'data: {"choices":[{"delta":{"content":"a\\\\"}},{"delta":{"content":"\\"b\\u00e4"}}]}\n\n',
      'data: {"choices":[{"delta":{"content": "c","refusal":"d"}}]}\n\n',
      'data: {"choices":[{"delta":{"content":null,"reasoning_content":"e","tool_calls":[{"function":{"arguments":"{\\"x\\":1}"}}]}}]}\n\n',
      'data: {"choices":[{"delta":{"content":"","reasoning":"f"}}]}\n\n',
    ];
    expect([...tapOf(stream).generated].toSorted().join('')).toBe([...'a\\"bäcde{"x":1}f'].toSorted().join(''));
  });

  it('does not keep an event without end in memory', () => {
    const tap = new SseTap();
    const chunk = Buffer.alloc(4 * 1024 * 1024, 0x61);
    const passed = [chunk, chunk, chunk].flatMap((one) => tap.push(one));
    expect(passed.reduce((sum, { bytes }) => sum + bytes.length, tap.end()?.bytes.length ?? 0)).toBe(3 * chunk.length);
    expect(passed.length).toBeGreaterThan(0);
    expect(tap.push(Buffer.from(usageOnly))).toMatchObject([{ usage: { prompt_tokens: 5 } }]);
  });
});
