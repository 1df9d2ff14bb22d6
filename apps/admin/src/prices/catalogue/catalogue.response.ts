import { ApiProperty } from '@nestjs/swagger';

import { PriceResponse } from '../price.response.js';

/** What a provider bills for a model now. */
export class CataloguePriceResponse extends PriceResponse {
  @ApiProperty({ type: String })
  provider!: string;

  /** `*`: an operator's price for every model of the provider that has none of its own. */
  @ApiProperty({ type: String })
  model!: string;

  /** `override`: set by an operator. `catalogue`: bundled. `none`: no price is known. */
  @ApiProperty({ type: String, enum: ['override', 'catalogue', 'none'] })
  source!: 'override' | 'catalogue' | 'none';

  /** Since when an operator's price is in force. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  effective_from!: string | null;

  /** Version of the bundled price that an operator's price takes the place of. */
  @ApiProperty({ type: String, nullable: true })
  replaces_price_id!: string | null;
}

/** A page of prices, by provider and model. */
export class CatalogueResponse {
  /** Of the bundled catalogue. */
  @ApiProperty({ type: String })
  catalogue_version!: string;

  @ApiProperty({ type: [CataloguePriceResponse] })
  prices!: CataloguePriceResponse[];

  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
