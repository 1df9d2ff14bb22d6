import { ApiProperty } from '@nestjs/swagger';
import type { PriceOverrideEntity } from '@penstock/entities';

/** An operator's price; amounts are decimal strings. */
export class PriceOverrideResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  effective_from!: string;

  @ApiProperty({ type: Boolean })
  is_free!: boolean;

  @ApiProperty({ type: String, nullable: true })
  input_usd_per_mtok!: string | null;

  @ApiProperty({ type: String, nullable: true })
  cache_read_usd_per_mtok!: string | null;

  @ApiProperty({ type: String, nullable: true })
  cache_write_usd_per_mtok!: string | null;

  @ApiProperty({ type: String, nullable: true })
  output_usd_per_mtok!: string | null;

  @ApiProperty({ type: String, nullable: true })
  request_usd!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  updated_at!: string;
}

/** Answer with one price. */
export class PriceOverrideEnvelope {
  @ApiProperty({ type: PriceOverrideResponse })
  price_override!: PriceOverrideResponse;
}

/** Answer to a change of a price. */
export class ChangedPriceOverrideEnvelope extends PriceOverrideEnvelope {
  @ApiProperty({ type: String })
  message!: string;
}

/** A list of prices. */
export class PriceOverrideListEnvelope {
  @ApiProperty({ type: [PriceOverrideResponse] })
  price_overrides!: PriceOverrideResponse[];

  @ApiProperty({ type: 'integer', description: 'Entries in this answer.' })
  count!: number;
}

/** A price on the wire. */
export function toPriceOverrideResponse(row: PriceOverrideEntity): PriceOverrideResponse {
  return {
    id: row.id,
    provider: row.provider,
    model: row.model,
    effective_from: row.effectiveFrom.toISOString(),
    is_free: row.isFree,
    input_usd_per_mtok: shortest(row.inputUsdPerMtok),
    cache_read_usd_per_mtok: shortest(row.cacheReadUsdPerMtok),
    cache_write_usd_per_mtok: shortest(row.cacheWriteUsdPerMtok),
    output_usd_per_mtok: shortest(row.outputUsdPerMtok),
    request_usd: shortest(row.requestUsd),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** PostgreSQL pads a numeric with zeros. */
function shortest(decimal: string | null): string | null {
  return decimal !== null && decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
