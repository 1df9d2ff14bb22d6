import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { IdempotencyKey, TakesIdempotencyKey } from '../idempotency-key.decorator.js';
import {
  AddCreditsRequest,
  AdjustCreditsRequest,
  RefundCreditsRequest,
  ReplenishCreditsRequest,
} from './bookings.requests.js';
import {
  CreditsAddedResponse,
  CreditsAdjustedResponse,
  CreditsRefundedResponse,
  CreditsReplenishedResponse,
} from './bookings.responses.js';
import { BookingsService } from './bookings.service.js';

@ApiTags('credits')
@Controller('api/credits/teams/:team_id')
export class BookingsController {
  constructor(private readonly bookings: BookingsService) {}

  @Post('add')
  @TakesIdempotencyKey()
  @Answers(CreditsAddedResponse, [400, 404, 409, 422])
  add(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: AddCreditsRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<Changed<CreditsAddedResponse>> {
    return this.bookings.add(ctx, teamId, request, key);
  }

  @Post('replenish')
  @TakesIdempotencyKey()
  @Answers(CreditsReplenishedResponse, [400, 404, 409, 422])
  replenish(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: ReplenishCreditsRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<Changed<CreditsReplenishedResponse>> {
    return this.bookings.replenish(ctx, teamId, request, key);
  }

  @Post('refund')
  @TakesIdempotencyKey()
  @Answers(CreditsRefundedResponse, [400, 404, 409, 422])
  refund(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: RefundCreditsRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<Changed<CreditsRefundedResponse>> {
    return this.bookings.refund(ctx, teamId, request, key);
  }

  @Post('adjust')
  @TakesIdempotencyKey()
  @Answers(CreditsAdjustedResponse, [400, 404, 409, 422])
  adjust(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: AdjustCreditsRequest,
    @IdempotencyKey() key: string | undefined,
  ): Promise<Changed<CreditsAdjustedResponse>> {
    return this.bookings.adjust(ctx, teamId, request, key);
  }
}
