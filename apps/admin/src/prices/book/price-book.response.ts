import { ApiProperty } from '@nestjs/swagger';
import { PRICE_BOOK_KINDS } from '@penstock/domain';
import type { ExactJsonNumber } from '@penstock/platform';

/** What becomes of an entry. */
export const ENTRY_STATUSES = ['in_force', 'covered', 'scheduled', 'replaced', 'expired', 'ended'] as const;

/** Amounts are exact JSON numbers in US dollars. */
export class PriceBookEntryResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  entry_id!: string;

  /** How rows of usage name it, alone or with `+` and another. */
  @ApiProperty({ type: String, example: 'book:0197…' })
  client_price_id!: string;

  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String, enum: PRICE_BOOK_KINDS })
  kind!: (typeof PRICE_BOOK_KINDS)[number];

  /** `*`: every provider. */
  @ApiProperty({ type: String })
  provider!: string;

  /** `*`: every model. */
  @ApiProperty({ type: String })
  model!: string;

  /** Counts the entries of the same kind, provider and model. */
  @ApiProperty({ type: 'integer' })
  version!: number;

  /**
   * `covered`: in force again once a temporary entry on top of it is over. `replaced`: by a later version without end.
   * `expired`: its own end has passed. `ended`: by an operator.
   */
  @ApiProperty({ type: String, enum: ENTRY_STATUSES })
  status!: (typeof ENTRY_STATUSES)[number];

  @ApiProperty({ type: Number, nullable: true })
  percent!: ExactJsonNumber | null;

  @ApiProperty({ type: Boolean })
  is_free!: boolean;

  @ApiProperty({ type: Number, nullable: true })
  input_usd_per_mtok!: ExactJsonNumber | null;

  @ApiProperty({ type: Number, nullable: true })
  cache_read_usd_per_mtok!: ExactJsonNumber | null;

  @ApiProperty({ type: Number, nullable: true })
  cache_write_usd_per_mtok!: ExactJsonNumber | null;

  @ApiProperty({ type: Number, nullable: true })
  output_usd_per_mtok!: ExactJsonNumber | null;

  @ApiProperty({ type: Number, nullable: true })
  request_usd!: ExactJsonNumber | null;

  @ApiProperty({ type: String, format: 'date-time' })
  effective_from!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  effective_until!: string | null;

  @ApiProperty({ type: String, nullable: true })
  reason!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  created_at!: string;

  /** The actor, as audit entries name it. */
  @ApiProperty({ type: String })
  created_by!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  ended_at!: string | null;

  @ApiProperty({ type: String, nullable: true })
  ended_by!: string | null;
}

/** A page of a price book, newest entries first. */
export class PriceBookResponse {
  @ApiProperty({ type: String })
  organization_id!: string;

  /** The markup in force for whatever nothing else is said about; 0 without one. */
  @ApiProperty({ type: Number })
  cost_markup_percentage!: ExactJsonNumber;

  @ApiProperty({ type: [PriceBookEntryResponse] })
  entries!: PriceBookEntryResponse[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
