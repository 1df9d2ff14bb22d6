import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, ReadsOnly, type RequestContext, UuidPipe } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { PathNamePipe } from '../../http/path-name.pipe.js';
import { EffectivePriceResponse } from '../effective/effective-price.response.js';
import { PreviewRequest } from '../preview/preview.requests.js';
import { PreviewResponse } from '../preview/preview.response.js';
import { PreviewService } from '../preview/preview.service.js';
import { CreatePriceBookEntryRequest, EffectivePriceQuery, PriceBookQuery } from './price-book.requests.js';
import { PriceBookEntryResponse, PriceBookResponse } from './price-book.response.js';
import { PriceBookService } from './price-book.service.js';

@ApiTags('prices')
@Controller('api/organizations/:id/price-book')
export class PriceBookController {
  constructor(
    private readonly book: PriceBookService,
    private readonly previews: PreviewService,
  ) {}

  @Get()
  @Answers(PriceBookResponse, [404, 422])
  list(
    @Ctx() ctx: RequestContext,
    @Param('id', PathNamePipe) id: string,
    @Query() query: PriceBookQuery,
  ): Promise<PriceBookResponse> {
    return this.book.list(ctx, id, query);
  }

  @Post()
  @Answers(PriceBookEntryResponse, [404, 422])
  add(
    @Ctx() ctx: RequestContext,
    @Param('id', PathNamePipe) id: string,
    @Body() request: CreatePriceBookEntryRequest,
  ): Promise<Changed<PriceBookEntryResponse>> {
    return this.book.add(ctx, id, request);
  }

  @Get('effective')
  @Answers(EffectivePriceResponse, [404, 422])
  effective(
    @Ctx() ctx: RequestContext,
    @Param('id', PathNamePipe) id: string,
    @Query() query: EffectivePriceQuery,
  ): Promise<EffectivePriceResponse> {
    return this.book.effectivePrice(ctx, id, query);
  }

  /** Changes nothing, though it has a body. */
  @Post('preview')
  @ReadsOnly()
  @Answers(PreviewResponse, [404, 422])
  preview(
    @Ctx() ctx: RequestContext,
    @Param('id', PathNamePipe) id: string,
    @Body() request: PreviewRequest,
  ): Promise<PreviewResponse> {
    return this.previews.preview(ctx, id, request);
  }

  @Get(':entry_id')
  @Answers(PriceBookEntryResponse, [404, 422])
  get(
    @Ctx() ctx: RequestContext,
    @Param('id', PathNamePipe) id: string,
    @Param('entry_id', UuidPipe) entryId: string,
  ): Promise<PriceBookEntryResponse> {
    return this.book.get(ctx, id, entryId);
  }

  @Delete(':entry_id')
  @Answers(PriceBookEntryResponse, [404, 422])
  end(
    @Ctx() ctx: RequestContext,
    @Param('id', PathNamePipe) id: string,
    @Param('entry_id', UuidPipe) entryId: string,
  ): Promise<Changed<PriceBookEntryResponse>> {
    return this.book.end(ctx, id, entryId);
  }
}
