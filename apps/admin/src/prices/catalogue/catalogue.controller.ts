import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { CatalogueQuery } from './catalogue.requests.js';
import { CatalogueResponse } from './catalogue.response.js';
import { CatalogueService } from './catalogue.service.js';

@ApiTags('prices')
@Controller('api/prices/catalogue')
export class CatalogueController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Get()
  @Answers(CatalogueResponse, [422])
  list(@Ctx() ctx: RequestContext, @Query() query: CatalogueQuery): Promise<CatalogueResponse> {
    return this.catalogue.list(ctx, query);
  }
}
