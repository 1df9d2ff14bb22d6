import { describe, expect, it } from '@jest/globals';
import { shapeOfChatRequest } from './call-shape.js';

const user = (content: unknown): Record<string, unknown> => ({ messages: [{ role: 'user', content }] });

describe('shapeOfChatRequest', () => {
  it('measures a plain request', () => {
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 };
    expect(shapeOfChatRequest(body, 80)).toEqual({
      bodyBytes: 80,
      messageCount: 1,
      imageParts: 0,
      hasUnboundedInput: false,
      maxOutputTokens: 10,
      choices: 1,
      mediaBytes: 0,
      audioBytes: 0,
      toolCount: 0,
      hasAudioOutput: false,
      mayUseLongCache: false,
      predictionBytes: 0,
      toolUnitsCeiling: 0,
      hasPremiumTier: false,
    });
  });

  it.each([
    [{}, undefined],
    [{ max_tokens: null }, undefined],
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6 }, 6],
    [{ max_tokens: 5, max_completion_tokens: 6 }, 6],
    [{ max_tokens: 7, max_completion_tokens: 6 }, 7],
    [{ max_tokens: '9' }, 9],
    [{ max_tokens: 1.5 }, 2],
    // Some servers take these for "no limit".
    [{ max_tokens: 0 }, undefined],
    [{ max_tokens: -1 }, undefined],
    [{ max_tokens: {} }, undefined],
    [{ max_tokens: 1e300 }, 2 ** 40],
  ])('reads the output limit of %j', (body, expected) => {
    expect(shapeOfChatRequest(body, 10).maxOutputTokens).toBe(expected);
  });

  it.each([
    [undefined, 1],
    [null, 1],
    [0, 1],
    [1, 1],
    [3, 3],
    ['4', 4],
    [2.5, 3],
    [1e9, 1_024],
  ])('reads n: %p as %p choices', (n, choices) => {
    expect(shapeOfChatRequest({ n }, 10).choices).toBe(choices);
  });

  it('counts images, and inline ones as no text', () => {
    const data = `data:image/png;base64,${'A'.repeat(1_000)}`;
    const shape = shapeOfChatRequest(
      user([
        { type: 'text', text: 'what is this' },
        { type: 'image_url', image_url: { url: data } },
        { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
      ]),
      1_200,
    );
    expect(shape).toMatchObject({ imageParts: 2, mediaBytes: data.length, audioBytes: 0, hasUnboundedInput: false });
  });

  it('counts audio', () => {
    const part = { type: 'input_audio', input_audio: { data: 'A'.repeat(640), format: 'mp3' } };
    expect(shapeOfChatRequest(user([part]), 700)).toMatchObject({ mediaBytes: 640, audioBytes: 640 });
  });

  it('never takes away more than the body has', () => {
    const part = { type: 'input_audio', input_audio: { data: 'A'.repeat(640) } };
    expect(shapeOfChatRequest(user([part]), 10)).toMatchObject({ mediaBytes: 10, audioBytes: 10 });
  });

  it.each([
    [user([{ type: 'file', file: { file_id: 'file-1' } }])],
    [user([{ type: 'video_url', video_url: { url: 'https://example.com' } }])],
    [user([{ type: 'something_new' }])],
    [user([{ type: 'input_audio', input_audio: { id: 'x' } }])],
    [{ messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }],
    [{ web_search_options: {} }],
  ])('takes input that is not in the request for unbounded: %j', (body) => {
    expect(shapeOfChatRequest(body, 100).hasUnboundedInput).toBe(true);
  });

  it.each([
    [{ prompt_cache_retention: '24h' }],
    [{ cache_control: {} }],
    [{ tools: [{ cache_control: {} }] }],
    [{ messages: [{ role: 'system', cache_control: {} }] }],
    [user([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }])],
  ])('sees that caching is controlled: %j', (body) => {
    expect(shapeOfChatRequest(body, 100).mayUseLongCache).toBe(true);
  });

  it.each([
    [{ service_tier: 'priority' }, true],
    [{ service_tier: 'something_new' }, true],
    [{ service_tier: 'default' }, false],
    [{ service_tier: 'flex' }, false],
    [{ service_tier: null }, false],
    [{}, false],
  ])('tells tiers above the list price: %j', (body, expected) => {
    expect(shapeOfChatRequest(body, 100).hasPremiumTier).toBe(expected);
  });

  it('sees tools, audio output, predictions and web search', () => {
    const shape = shapeOfChatRequest(
      {
        tools: [{}, {}],
        modalities: ['text', 'audio'],
        prediction: { type: 'content', content: 'x' },
        web_search_options: {},
      },
      100,
    );
    expect(shape).toMatchObject({ toolCount: 2, hasAudioOutput: true, predictionBytes: 100, toolUnitsCeiling: 1 });
  });

  it.each([
    [{ messages: 'hi' }],
    [{ messages: [null, 1, 'x', []] }],
    [user([null, 1, 'x', []])],
    [user({ type: 'text' })],
    [{ tools: 'x', modalities: 'audio', prediction: [] }],
  ])('survives what validation will refuse: %j', (body) => {
    expect(shapeOfChatRequest(body, 100)).toMatchObject({ bodyBytes: 100, choices: 1 });
  });
});
