import { ApiProperty } from '@nestjs/swagger';
import type { ExactJsonNumber } from '@penstock/platform';

/** Sums over calls, in US dollars as exact JSON numbers. */
export class PreviewSums {
  @ApiProperty({ type: 'integer' })
  calls!: number;

  /** What the providers billed. */
  @ApiProperty({ type: Number })
  provider_cost_usd!: ExactJsonNumber;

  /** What the client paid. */
  @ApiProperty({ type: Number })
  client_cost_usd!: ExactJsonNumber;

  /** What the client would have paid. */
  @ApiProperty({ type: Number })
  preview_client_cost_usd!: ExactJsonNumber;

  /** Positive: the client would have paid more. */
  @ApiProperty({ type: Number })
  difference_usd!: ExactJsonNumber;

  /** Calls without a price, neither the provider's nor one of the book: they count nothing on either side. */
  @ApiProperty({ type: 'integer' })
  unpriced_calls!: number;

  /**
   * Calls whose cost was an upper bound, or whose provider price is not known any more: their markup is put on the
   * recorded cost, which is rounded already, so each may be off by its factor times half a nano-dollar.
   */
  @ApiProperty({ type: 'integer' })
  rescaled_calls!: number;
}

/** The calls of one model. */
export class PreviewModel extends PreviewSums {
  @ApiProperty({ type: String })
  provider!: string;

  /** As it was sent to the provider. */
  @ApiProperty({ type: String })
  model!: string;
}

/** What the usage of a period would have cost. */
export class PreviewResponse extends PreviewSums {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  from!: string;

  @ApiProperty({ type: String, format: 'date-time' })
  to!: string;

  /** By provider and model. */
  @ApiProperty({ type: [PreviewModel] })
  models!: PreviewModel[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
