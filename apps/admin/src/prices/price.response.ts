import { ApiProperty } from '@nestjs/swagger';
import { type CompiledPrice, formatUsd, formatUsdPerMtok, nanoUsd, type PriceState } from '@penstock/domain';
import { type ExactJsonNumber, exactJsonNumber } from '@penstock/platform';

/** Prices of a million tokens in US dollars, as exact JSON numbers, while the input exceeds `from_input_tokens`. */
export class PriceTierResponse {
  @ApiProperty({ type: 'integer', description: 'Exclusive; 0 for the first tier.' })
  from_input_tokens!: number;

  @ApiProperty({ type: Number })
  input_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  cache_read_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  cache_write_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number, description: 'Of caches that last an hour.' })
  cache_write_1h_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  output_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  reasoning_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  input_audio_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  output_audio_usd_per_mtok!: ExactJsonNumber;

  @ApiProperty({ type: Number })
  input_image_usd_per_mtok!: ExactJsonNumber;
}

/** A version of a price. */
export class PriceResponse {
  /** How rows of usage name it; null where no price is known. */
  @ApiProperty({ type: String, nullable: true, example: 'genai-prices@0.1.8:openai/gpt-4o' })
  price_id!: string | null;

  @ApiProperty({ type: String, enum: ['priced', 'free', 'unknown'] })
  state!: PriceState['state'];

  /** Ascending; empty unless the model is priced. */
  @ApiProperty({ type: [PriceTierResponse] })
  tiers!: PriceTierResponse[];

  /** Added once per call, in US dollars. */
  @ApiProperty({ type: Number, nullable: true })
  request_usd!: ExactJsonNumber | null;

  /** For each call of a tool that the provider bills by the call, in US dollars. */
  @ApiProperty({ type: Number, nullable: true })
  tool_unit_usd!: ExactJsonNumber | null;
}

/** A price on the wire. `freeId` names the version that says that a model is free. */
export function toPriceResponse(state: PriceState, freeId = 'free'): PriceResponse {
  if (state.state === 'priced') return toPricedResponse(state.price);
  const price_id = state.state === 'free' ? freeId : null;
  return { price_id, state: state.state, tiers: [], request_usd: null, tool_unit_usd: null };
}

function toPricedResponse({ id, tiers, requestNanoUsd, toolUnitNanoUsd }: CompiledPrice): PriceResponse {
  const usd = (nano: bigint): ExactJsonNumber => exactJsonNumber(formatUsd(nanoUsd(nano)));
  return {
    price_id: id,
    state: 'priced',
    tiers: tiers.map(({ fromInputTokens, picoUsdPerToken: pico }) => ({
      from_input_tokens: fromInputTokens,
      input_usd_per_mtok: perMtok(pico.input),
      cache_read_usd_per_mtok: perMtok(pico.cacheRead),
      cache_write_usd_per_mtok: perMtok(pico.cacheWrite5m),
      cache_write_1h_usd_per_mtok: perMtok(pico.cacheWrite1h),
      output_usd_per_mtok: perMtok(pico.output),
      reasoning_usd_per_mtok: perMtok(pico.reasoning),
      input_audio_usd_per_mtok: perMtok(pico.inputAudio),
      output_audio_usd_per_mtok: perMtok(pico.outputAudio),
      input_image_usd_per_mtok: perMtok(pico.inputImage),
    })),
    request_usd: usd(requestNanoUsd),
    tool_unit_usd: usd(toolUnitNanoUsd),
  };
}

function perMtok(pico: bigint): ExactJsonNumber {
  return exactJsonNumber(formatUsdPerMtok(pico));
}
