import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ModelInfo } from '../models/model-info.js';
import { modelInfo } from '../models/model-info.js';
import { type CompiledPrice, compilePrice, costOf, type TokenPrices } from '../prices/compiled-price.js';
import type { PriceState } from '../prices/price-override.js';
import { listCatalogueModels, resolvePrice } from '../prices/resolve-price.js';
import { inputTokensOf, outputTokensOf, totalTokens, type UsageVector, ZERO_USAGE } from '../usage/usage-vector.js';
import type { CallShape } from './call-shape.js';
import { estimateCall, inputCeilings, largestOutputThatFits, outputCeiling, settleAmounts } from './estimate.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const GPT_4O = modelInfo('openai', 'gpt-4o');
const PRICE_4O = resolvePrice('openai', 'gpt-4o', NOW);

const PLAIN: CallShape = { bodyBytes: 500, messageCount: 2, imageParts: 0, hasUnboundedInput: false, choices: 1 };

const tokenPrices: fc.Arbitrary<TokenPrices> = fc
  .tuple(...Array.from({ length: 9 }, () => fc.bigInt({ min: 0n, max: 200_000_000n })))
  .map(([a, b, c, d, e, f, g, h, i]) => ({
    input: a!,
    cacheRead: b!,
    cacheWrite5m: c!,
    cacheWrite1h: d!,
    output: e!,
    reasoning: f!,
    inputAudio: g!,
    outputAudio: h!,
    inputImage: i!,
  }));

/** Prices without any order between kinds or tiers, so that no assumption about real ones can hide in the estimate. */
const wildPrice: fc.Arbitrary<CompiledPrice> = fc
  .record({
    thresholds: fc.uniqueArray(fc.integer({ min: 1, max: 300_000 }), { maxLength: 3 }),
    prices: fc.array(tokenPrices, { minLength: 4, maxLength: 4 }),
    requestNanoUsd: fc.bigInt({ min: 0n, max: 10n ** 8n }),
    toolUnitNanoUsd: fc.bigInt({ min: 0n, max: 10n ** 8n }),
  })
  .map(({ thresholds, prices, requestNanoUsd, toolUnitNanoUsd }) =>
    compilePrice({
      id: 'wild',
      tiers: [0, ...thresholds].map((fromInputTokens, index) => ({ fromInputTokens, picoUsdPerToken: prices[index]! })),
      requestNanoUsd,
      toolUnitNanoUsd,
    }),
  );

const realModels = ['openai', 'anthropic', 'google', 'mistral', 'deepseek', 'x-ai', 'groq', 'perplexity', 'openrouter']
  .flatMap((provider) => listCatalogueModels(provider).map((model) => ({ provider, model })))
  .filter(({ provider, model }) => resolvePrice(provider, model, NOW).state === 'priced');

const shapes: fc.Arbitrary<CallShape> = fc
  .record({
    bodyBytes: fc.oneof(fc.integer({ min: 2, max: 2_000 }), fc.integer({ min: 2, max: 1_500_000 })),
    messageCount: fc.integer({ min: 0, max: 50 }),
    imageParts: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 })),
    hasUnboundedInput: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
    maxOutputTokens: fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: undefined }),
    choices: fc.integer({ min: 1, max: 4 }),
    mediaShare: fc.constantFrom(0, 0.5, 1),
    audioShare: fc.constantFrom(0, 0.5, 1),
    toolCount: fc.integer({ min: 0, max: 3 }),
    hasAudioOutput: fc.boolean(),
    mayUseLongCache: fc.boolean(),
    toolUnitsCeiling: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ maxOutputTokens, mediaShare, audioShare, ...rest }) => {
    const mediaBytes = Math.floor(rest.bodyBytes * mediaShare);
    return {
      ...rest,
      mediaBytes,
      audioBytes: Math.floor(mediaBytes * audioShare),
      ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    };
  });

/** Nine shares between 0 and 1, with the extremes likely: the worst case sits in a corner. */
const shares = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(0, 1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
  {
    minLength: 12,
    maxLength: 12,
  },
);

/** A usage that a provider may report for a call of this shape: any split that respects the ceilings. */
function allowedUsage(shape: CallShape, info: ModelInfo, portions: readonly number[]): UsageVector {
  const ceilings = inputCeilings(shape, info);
  let left = Math.floor(ceilings.total * portions[0]!);
  const take = (ceiling: number, portion: number): number => {
    const taken = Math.min(left, Math.floor(ceiling * portion));
    left -= taken;
    return taken;
  };
  const inputAudioTokens = take(ceilings.isOfAnyKind ? ceilings.total : ceilings.audio, portions[1]!);
  const inputImageTokens = take(ceilings.isOfAnyKind ? ceilings.total : ceilings.image, portions[2]!);
  const isLongCachePossible = shape.mayUseLongCache === true || ceilings.isOfAnyKind;
  const cacheWrite1hTokens = take(isLongCachePossible ? ceilings.total : 0, portions[3]!);
  const cacheWrite5mTokens = take(ceilings.total, portions[4]!);
  const cacheReadTokens = take(ceilings.total, portions[5]!);
  const inputTokens = left;

  left = Math.floor(outputCeiling(shape, info) * portions[6]!);
  const outputAudioTokens = take(shape.hasAudioOutput === true ? left : 0, portions[7]!);
  const reasoningTokens = take(left, portions[8]!);
  return {
    inputTokens,
    cacheReadTokens,
    cacheWrite5mTokens,
    cacheWrite1hTokens,
    outputTokens: left,
    reasoningTokens,
    inputAudioTokens,
    outputAudioTokens,
    inputImageTokens,
    toolUnits: Math.floor((shape.toolUnitsCeiling ?? 0) * portions[9]!),
  };
}

function expectBound(shape: CallShape, info: ModelInfo, price: PriceState, usage: UsageVector): void {
  const estimate = estimateCall(shape, info, price);
  const settled = settleAmounts(usage, price);
  expect(settled.costNanoUsd).toBeLessThanOrEqual(estimate.amounts.costNanoUsd);
  expect(settled.tokens).toBeLessThanOrEqual(estimate.amounts.tokens);
  expect(settled.inputTokens).toBeLessThanOrEqual(estimate.amounts.inputTokens);
  expect(settled.outputTokens).toBeLessThanOrEqual(estimate.amounts.outputTokens);
  expect(settled.inputTokens + settled.outputTokens).toBe(settled.tokens);
  expect(inputTokensOf(usage)).toBeLessThanOrEqual(estimate.inputTokensCeiling);
  expect(outputTokensOf(usage)).toBeLessThanOrEqual(estimate.outputTokensCeiling);
}

describe('estimate >= actual', () => {
  it('for every usage the ceilings allow, over the priced models of the catalogue', () => {
    expect(realModels.length).toBeGreaterThan(300);
    fc.assert(
      fc.property(fc.constantFrom(...realModels), shapes, shares, ({ provider, model }, shape, portions) => {
        const info = modelInfo(provider, model);
        expectBound(shape, info, resolvePrice(provider, model, NOW), allowedUsage(shape, info, portions));
      }),
      { numRuns: 5_000 },
    );
  });

  it('for every usage the ceilings allow, over prices without any order', () => {
    const infos = fc.record({
      contextTokens: fc.oneof(fc.integer({ min: 1_000, max: 20_000 }), fc.integer({ min: 1_000, max: 1_200_000 })),
      outputTokensCeiling: fc.integer({ min: 1, max: 400_000 }),
      imageTokensCeiling: fc.integer({ min: 0, max: 50_000 }),
      known: fc.boolean(),
    });
    fc.assert(
      fc.property(wildPrice, infos, shapes, shares, (price, info, shape, portions) => {
        expectBound(shape, info, { state: 'priced', price }, allowedUsage(shape, info, portions));
      }),
      { numRuns: 5_000 },
    );
  });

  it('and is met exactly by the worst plain call, so that it reserves no more than it must', () => {
    const shape = { ...PLAIN, maxOutputTokens: 100 };
    const estimate = estimateCall(shape, GPT_4O, PRICE_4O);
    const worst = { ...ZERO_USAGE, inputTokens: estimate.inputTokensCeiling, outputTokens: 100 };
    // But for its place among the concurrent requests, which it gives back.
    expect(settleAmounts(worst, PRICE_4O)).toEqual({ ...estimate.amounts, concurrentRequests: 0 });
    expect(totalTokens(worst)).toBe(estimate.amounts.tokens);
  });
});

describe('inputCeilings', () => {
  it('takes a byte for a token and adds the overheads', () => {
    expect(inputCeilings(PLAIN, GPT_4O).total).toBe(500 + 128 + 2 * 4);
    expect(inputCeilings({ ...PLAIN, toolCount: 2 }, GPT_4O).total).toBe(500 + 128 + 2 * 4 + 640 + 2 * 16);
  });

  it('prefers a tokeniser`s count when it is smaller', () => {
    expect(inputCeilings({ ...PLAIN, textTokensCeiling: 90 }, GPT_4O).total).toBe(90 + 128 + 8);
    expect(inputCeilings({ ...PLAIN, textTokensCeiling: 900 }, GPT_4O).total).toBe(500 + 128 + 8);
  });

  it('does not take inline media for text', () => {
    const shape = { ...PLAIN, bodyBytes: 100_500, mediaBytes: 100_000, imageParts: 1 };
    expect(inputCeilings(shape, GPT_4O)).toMatchObject({ text: 636, image: 1_445, total: 636 + 1_445 });
    const audio = { ...PLAIN, bodyBytes: 100_500, mediaBytes: 100_000, audioBytes: 100_000 };
    expect(inputCeilings(audio, GPT_4O)).toMatchObject({ text: 636, audio: 3_125 });
  });

  it('ends at the window of a known model only', () => {
    const huge = { ...PLAIN, bodyBytes: 10_000_000 };
    expect(inputCeilings(huge, GPT_4O).total).toBe(GPT_4O.contextTokens);
    expect(inputCeilings(huge, modelInfo('openai', 'unheard-of')).total).toBe(10_000_136);
  });

  it('is the window where the input is not all in the request', () => {
    expect(inputCeilings({ ...PLAIN, hasUnboundedInput: true }, GPT_4O).total).toBe(GPT_4O.contextTokens);
  });
});

describe('outputCeiling', () => {
  const unknown = modelInfo('openai', 'unheard-of');
  it.each([
    ['what was asked', { maxOutputTokens: 10 }, GPT_4O, 10],
    ['the ceiling of the model when nothing was asked', {}, GPT_4O, 16_384],
    ['the ceiling when more was asked', { maxOutputTokens: 99_999 }, GPT_4O, 16_384],
    ['what was asked of an unknown model, however much', { maxOutputTokens: 9_999_999 }, unknown, 9_999_999],
    ['a generous default for an unknown model', {}, unknown, 1_050_000],
    ['once per choice', { maxOutputTokens: 10, choices: 3 }, GPT_4O, 30],
    ['and what a wrong prediction costs', { maxOutputTokens: 10, predictionBytes: 50, choices: 2 }, GPT_4O, 120],
  ])('is %s', (_, more, info, expected) => {
    expect(outputCeiling({ ...PLAIN, ...more }, info)).toBe(expected);
  });
});

describe('estimateCall', () => {
  it('costs nothing where the price is free or unknown, but counts tokens', () => {
    for (const state of ['free', 'unknown'] as const) {
      const { amounts } = estimateCall({ ...PLAIN, maxOutputTokens: 4 }, GPT_4O, { state });
      expect(amounts).toEqual({
        requests: 1,
        tokens: 640,
        inputTokens: 636,
        outputTokens: 4,
        concurrentRequests: 1,
        costNanoUsd: 0n,
        clientCostNanoUsd: 0n,
        credits: 0n,
        microCredits: 0n,
      });
    }
  });

  it('does not price plain text as audio', () => {
    const info = modelInfo('openai', 'gpt-audio');
    const price = resolvePrice('openai', 'gpt-audio', NOW);
    const cost = (more: Partial<CallShape>): bigint =>
      estimateCall({ ...PLAIN, maxOutputTokens: 100, ...more }, info, price).amounts.costNanoUsd;
    if (price.state !== 'priced') throw new Error('gpt-audio must be priced');
    expect(cost({})).toBe(costOf({ ...ZERO_USAGE, inputTokens: 636, outputTokens: 100 }, price.price));
    expect(cost({ hasAudioOutput: true })).toBe(
      costOf({ ...ZERO_USAGE, inputTokens: 636, outputAudioTokens: 100 }, price.price),
    );
  });

  it('fills a window that the media alone would overflow with the dearest of them', () => {
    const info = { contextTokens: 1_000, outputTokensCeiling: 10, imageTokensCeiling: 900, known: true };
    const shape = { ...PLAIN, bodyBytes: 20_000, mediaBytes: 19_200, audioBytes: 19_200, imageParts: 1 };
    const price = resolvePrice('openai', 'gpt-audio', NOW);
    if (price.state !== 'priced') throw new Error('gpt-audio must be priced');
    const worst = costOf(
      { ...ZERO_USAGE, inputAudioTokens: 600, inputImageTokens: 400, outputTokens: 10 },
      price.price,
    );
    expect(estimateCall(shape, info, price).amounts.costNanoUsd).toBeGreaterThanOrEqual(worst);
  });

  it('reserves for the long cache only where the request asks for caching', () => {
    const info = modelInfo('anthropic', 'claude-sonnet-4-5');
    const price = resolvePrice('anthropic', 'claude-sonnet-4-5', NOW);
    const plain = estimateCall(PLAIN, info, price).amounts.costNanoUsd;
    const cached = estimateCall({ ...PLAIN, mayUseLongCache: true }, info, price).amounts.costNanoUsd;
    expect(cached).toBeGreaterThan(plain);
  });
});

describe('largestOutputThatFits', () => {
  const shape = { ...PLAIN, maxOutputTokens: 1_000 };

  it('finds the last max_tokens that fits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 15_000_000n }), fc.integer({ min: 1, max: 3 }), (costNanoUsd, choices) => {
        const call = { ...shape, choices };
        const fits = (maxOutputTokens: number): boolean =>
          estimateCall({ ...call, maxOutputTokens }, GPT_4O, PRICE_4O).amounts.costNanoUsd <= costNanoUsd;
        const largest = largestOutputThatFits(call, GPT_4O, PRICE_4O, { costNanoUsd });
        if (largest === undefined) expect(fits(1)).toBe(false);
        else {
          expect(fits(largest)).toBe(true);
          expect(largest === 1_000 || !fits(largest + 1)).toBe(true);
        }
      }),
    );
  });

  it('looks at tokens too, and gives up where the input alone is too much', () => {
    expect(largestOutputThatFits(shape, GPT_4O, PRICE_4O, { tokens: 700n })).toBe(64);
    expect(largestOutputThatFits(shape, GPT_4O, PRICE_4O, { tokens: 636n })).toBeUndefined();
    expect(largestOutputThatFits(PLAIN, GPT_4O, PRICE_4O, {})).toBe(16_384);
    expect(largestOutputThatFits(shape, GPT_4O, PRICE_4O, { outputTokens: 64n })).toBe(64);
    expect(largestOutputThatFits(shape, GPT_4O, PRICE_4O, { outputTokens: 0n })).toBeUndefined();
    expect(largestOutputThatFits(shape, GPT_4O, PRICE_4O, { inputTokens: 636n })).toBe(1_000);
    expect(largestOutputThatFits(shape, GPT_4O, PRICE_4O, { inputTokens: 635n })).toBeUndefined();
  });
});
