import { Module } from '@nestjs/common';

import { PriceBookController } from './book/price-book.controller.js';
import { PriceBookRepository } from './book/price-book.repository.js';
import { PriceBookService } from './book/price-book.service.js';
import { CatalogueController } from './catalogue/catalogue.controller.js';
import { CatalogueService } from './catalogue/catalogue.service.js';
import { EffectivePrices } from './effective/effective-prices.js';
import { PreviewService } from './preview/preview.service.js';
import { PriceOverridesRepository } from './price-overrides.repository.js';

/** What providers bill, and what clients pay. */
@Module({
  controllers: [CatalogueController, PriceBookController],
  providers: [
    CatalogueService,
    EffectivePrices,
    PriceBookRepository,
    PreviewService,
    PriceBookService,
    PriceOverridesRepository,
  ],
})
export class PricesModule {}
