import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { calcPrice } from '@pydantic/genai-prices';
import fc from 'fast-check';
import { inputTokensOf, outputTokensOf, type UsageVector, ZERO_USAGE } from '../usage/usage-vector.js';
import { CATALOGUE_VERSION } from './catalogue-price.js';
import { type CompiledPrice, costOf } from './compiled-price.js';
import type { PriceOverride } from './price-override.js';
import { CATALOGUE_PROVIDERS, listCatalogueModels, priceOfId, resolvePrice } from './resolve-price.js';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const PROVIDERS = [
  'openai',
  'anthropic',
  'google',
  'mistral',
  'deepseek',
  'x-ai',
  'groq',
  'perplexity',
  'azure',
  'aws',
];

function priced(provider: string, model: string, atMs = NOW, overrides: readonly PriceOverride[] = []): CompiledPrice {
  const state = resolvePrice(provider, model, atMs, overrides);
  if (state.state !== 'priced') throw new Error(`${provider}/${model} is ${state.state}`);
  return state.price;
}

function override(more: Partial<PriceOverride>): PriceOverride {
  return { id: 'o1', provider: 'openai', model: 'gpt-4o', effectiveFromMs: 0, isFree: false, ...more };
}

describe('catalogue prices', () => {
  it('are of the providers that the catalogue itself lists', () => {
    const cli = fileURLToPath(import.meta.resolve('@pydantic/genai-prices')).replace(/index\.c?js$/, 'cli.js');
    // To a file: it exits without waiting until a pipe has taken everything.
    const folder = mkdtempSync(path.join(tmpdir(), 'penstock-catalogue-'));
    const output = openSync(path.join(folder, 'list'), 'w');
    execFileSync(process.execPath, [cli, 'list'], { stdio: ['ignore', output, 'inherit'] });
    closeSync(output);
    const list = readFileSync(path.join(folder, 'list'), 'utf8');
    rmSync(folder, { recursive: true });
    const providers = new Set([...list.matchAll(/^ {2}([^:]+):/gm)].map(([, provider]) => provider));
    expect(new Set(CATALOGUE_PROVIDERS)).toEqual(providers);
  });

  it('knows gpt-4o to the pico-dollar', () => {
    const price = priced('openai', 'gpt-4o');
    expect(price.id).toBe(`genai-prices@${CATALOGUE_VERSION}:openai/gpt-4o`);
    expect(price.tiers).toHaveLength(1);
    expect(price.tiers[0]?.picoUsdPerToken).toMatchObject({
      input: 2_500_000n,
      cacheRead: 1_250_000n,
      cacheWrite5m: 2_500_000n,
      output: 10_000_000n,
      reasoning: 10_000_000n,
    });
  });

  it('charges 750 nano-dollars for a word in and out of gpt-4o-mini', () => {
    expect(costOf({ ...ZERO_USAGE, inputTokens: 1, outputTokens: 1 }, priced('openai', 'gpt-4o-mini'))).toBe(750n);
  });

  it('follows the catalogue in its aliases, dates and tiers', () => {
    expect(priced('openai', 'gpt-4o-2024-08-06').id).toBe(priced('openai', 'gpt-4o').id);
    expect(priced('openai', 'GPT-4o').id).toBe(priced('openai', 'gpt-4o').id);
    expect(priced('openai', 'gpt-5.4').tiers.map((tier) => tier.fromInputTokens)).toEqual([0, 271_999]);
    const before = priced('openai', 'o3', Date.parse('2025-06-09T23:59:59Z'));
    const after = priced('openai', 'o3', Date.parse('2025-06-10T00:00:00Z'));
    expect(before.tiers[0]?.picoUsdPerToken.input).toBe(10_000_000n);
    expect(after.tiers[0]?.picoUsdPerToken.input).toBe(2_000_000n);
    expect(before.id).not.toBe(after.id);
  });

  it('follows prices that depend on the hour', () => {
    const night = priced('deepseek', 'deepseek-chat', Date.parse('2026-11-23T18:00:00Z'));
    const day = priced('deepseek', 'deepseek-chat', Date.parse('2026-11-23T12:00:00Z'));
    expect(night.tiers[0]?.picoUsdPerToken.input).not.toBe(day.tiers[0]?.picoUsdPerToken.input);
  });

  it.each([
    ['openai', 'a-model-of-tomorrow', 'no such model'],
    ['openai', 'whisper-1', 'priced by the hour of audio'],
    ['openai', 'moderation', 'no price at all'],
    ['openai', 'text-embedding-3-small', 'no output price'],
    ['google', 'gemini-2.5-flash-image', 'writes images, which the usage vector cannot hold'],
    ['no-such-provider', 'gpt-4o', 'no such provider'],
    ['my-openai-clone', 'gpt-4o', 'not OpenAI, whatever its name contains'],
    ['openai', 'x'.repeat(10_000), 'absurd name'],
    ['', '', 'nothing'],
  ])('leaves %s %s unknown: %s', (provider, model) => {
    expect(resolvePrice(provider, model, NOW)).toEqual({ state: 'unknown' });
  });

  it('names the version of the catalogue that is installed', () => {
    const entry = fileURLToPath(import.meta.resolve('@pydantic/genai-prices'));
    const manifest = JSON.parse(readFileSync(entry.replace(/dist[\\/][^\\/]+$/, 'package.json'), 'utf8')) as unknown;
    expect(manifest).toMatchObject({ version: CATALOGUE_VERSION });
  });

  it('agrees with the catalogue`s own calculator for every model it prices', () => {
    const models = PROVIDERS.flatMap((provider) =>
      listCatalogueModels(provider)
        .filter((model) => resolvePrice(provider, model, NOW).state === 'priced')
        .map((model) => [provider, model] as const),
    );
    expect(models.length).toBeGreaterThan(150);
    const count = fc.oneof(fc.constant(0), fc.nat(400_000));
    const usageVector = fc.record({
      inputTokens: count,
      cacheReadTokens: count,
      cacheWrite5mTokens: count,
      outputTokens: count,
      reasoningTokens: count,
    });
    fc.assert(
      fc.property(fc.constantFrom(...models), usageVector, ([provider, model], counts) => {
        const usage = { ...ZERO_USAGE, ...counts };
        const nano = Number(costOf(usage, priced(provider, model)));
        const expected = (calculated(usage, provider, model) ?? Number.NaN) * 1e9;
        // The calculator works in doubles; we round once to a whole nano-dollar and prices up to a pico-dollar.
        expect(Math.abs(nano - expected)).toBeLessThanOrEqual(1 + expected * 1e-6);
      }),
      { numRuns: 2_000 },
    );
  });
});

function calculated(usage: UsageVector, provider: string, model: string): number | undefined {
  const result = calcPrice(
    {
      input_tokens: inputTokensOf(usage),
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWrite5mTokens,
      output_tokens: outputTokensOf(usage),
      output_reasoning_tokens: usage.reasoningTokens,
    },
    model,
    { providerId: provider, timestamp: new Date(NOW) },
  );
  return result?.total_price;
}

describe('operator overrides', () => {
  it('go before the catalogue from their moment on', () => {
    const overrides = [override({ effectiveFromMs: NOW, inputUsdPerMtok: '3', outputUsdPerMtok: '12' })];
    expect(priced('openai', 'gpt-4o', NOW - 1, overrides).id).toMatch(/^genai-prices@/);
    const price = priced('openai', 'gpt-4o', NOW, overrides);
    expect(price.id).toBe('override:o1');
    expect(price.tiers[0]?.picoUsdPerToken).toMatchObject({
      input: 3_000_000n,
      cacheRead: 3_000_000n,
      output: 12_000_000n,
    });
  });

  it('the newest wins, and an exact name wins over *', () => {
    const overrides = [
      override({ id: 'star', model: '*', effectiveFromMs: 30, isFree: true }),
      override({ id: 'old', effectiveFromMs: 10, inputUsdPerMtok: '1', outputUsdPerMtok: '1' }),
      override({ id: 'new', effectiveFromMs: 20, inputUsdPerMtok: '2', outputUsdPerMtok: '2' }),
    ];
    expect(priced('openai', 'gpt-4o', NOW, overrides).id).toBe('override:new');
    expect(priced('openai', 'gpt-4o', NOW, overrides.toReversed()).id).toBe('override:new');
    expect(priced('openai', 'gpt-4o', 15, overrides).id).toBe('override:old');
    expect(resolvePrice('openai', 'other', NOW, overrides)).toEqual({ state: 'free' });
    expect(resolvePrice('other', 'gpt-x', NOW, overrides)).toEqual({ state: 'unknown' });
  });

  it('price what the catalogue does not know', () => {
    const overrides = [
      override({
        model: 'local',
        inputUsdPerMtok: '0.000001',
        cacheReadUsdPerMtok: '0',
        cacheWriteUsdPerMtok: '5',
        outputUsdPerMtok: '1.5',
        requestUsd: '0.001',
      }),
    ];
    const price = priced('openai', 'local', NOW, overrides);
    expect(price.tiers[0]?.picoUsdPerToken).toMatchObject({
      input: 1n,
      cacheRead: 0n,
      cacheWrite5m: 5_000_000n,
      cacheWrite1h: 5_000_000n,
      output: 1_500_000n,
      reasoning: 1_500_000n,
    });
    expect(price.requestNanoUsd).toBe(1_000_000n);
  });

  it('may be free, or flat, but half a price is unknown', () => {
    expect(resolvePrice('openai', 'gpt-4o', NOW, [override({ isFree: true })])).toEqual({ state: 'free' });
    expect(
      costOf({ ...ZERO_USAGE, inputTokens: 99 }, priced('openai', 'gpt-4o', NOW, [override({ requestUsd: '1' })])),
    ).toBe(1_000_000_000n);
    for (const half of [{ inputUsdPerMtok: '1' }, { outputUsdPerMtok: '1', requestUsd: '1' }, {}]) {
      expect(resolvePrice('openai', 'gpt-4o', NOW, [override(half)])).toEqual({ state: 'unknown' });
    }
  });

  it.each(['-1', '0.0000001', 'NaN', ''])('refuse the price %j', (inputUsdPerMtok) => {
    const overrides = [override({ inputUsdPerMtok, outputUsdPerMtok: '1' })];
    expect(() => resolvePrice('openai', 'gpt-4o', NOW, overrides)).toThrow(RangeError);
  });
});

describe('listCatalogueModels', () => {
  it('lists names that the catalogue would find again', () => {
    const models = listCatalogueModels('openai');
    expect(models).toEqual(expect.arrayContaining(['gpt-4o', 'gpt-4o-mini', 'gpt-4', 'o3']));
    expect(new Set(models).size).toBe(models.length);
    expect(listCatalogueModels('no-such-provider')).toEqual([]);
  });
});

describe('the price that an id names', () => {
  it('is found again for every price of the catalogue', () => {
    for (const provider of PROVIDERS) {
      for (const model of listCatalogueModels(provider)) {
        const state = resolvePrice(provider, model, NOW);
        if (state.state === 'priced') expect(priceOfId(state.price.id, [])).toBe(state.price);
      }
    }
  });

  it('is that of the override, whether or not it is still in force', () => {
    const old = override({ id: 'old', inputUsdPerMtok: '1', outputUsdPerMtok: '2' });
    const price = priced('openai', 'gpt-4o', NOW, [old]);
    expect(priceOfId(price.id, [override({ id: 'new', effectiveFromMs: 5, requestUsd: '1' }), old])).toBe(price);
    expect(priceOfId(price.id, [])).toBeUndefined();
  });

  it.each([
    'free',
    '',
    'override:',
    'genai-prices@0.0.1:openai/gpt-4o',
    `genai-prices@${CATALOGUE_VERSION}:openai/nothing`,
  ])('is not known for %p', (id) => {
    expect(priceOfId(id, [])).toBeUndefined();
  });
});
