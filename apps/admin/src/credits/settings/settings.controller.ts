import { Body, Controller, Get, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Changed } from '@penstock/management';
import { Ctx, type RequestContext } from '@penstock/platform';

import { Answers } from '../../http/answers.decorator.js';
import { CreditAccountResponse } from '../credit-account.response.js';
import { CreditsService } from '../credits.service.js';
import { AutoRefillRequest, BudgetModeRequest, CreditSettingsRequest, RatesRequest } from './settings.requests.js';
import { AutoRefillResponse, BudgetModeResponse, ConversionRatesResponse } from './settings.responses.js';
import { SettingsService } from './settings.service.js';

@ApiTags('credits')
@Controller('api/credits/teams/:team_id')
export class SettingsController {
  constructor(
    private readonly settings: SettingsService,
    private readonly credits: CreditsService,
  ) {}

  @Post('configure-auto-refill')
  @Answers(AutoRefillResponse, [400, 404, 422])
  configureAutoRefill(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: AutoRefillRequest,
  ): Promise<Changed<AutoRefillResponse>> {
    return this.settings.configureAutoRefill(ctx, teamId, request);
  }

  @Get('conversion-rates')
  @Answers(ConversionRatesResponse, [404])
  conversionRates(@Param('team_id') teamId: string): Promise<ConversionRatesResponse> {
    return this.settings.conversionRates(teamId);
  }

  @Patch('conversion-rates')
  @Answers(ConversionRatesResponse, [400, 404, 422])
  changeRates(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: RatesRequest,
  ): Promise<Changed<ConversionRatesResponse>> {
    return this.settings.changeRates(ctx, teamId, request);
  }

  @Patch('budget-mode')
  @Answers(BudgetModeResponse, [400, 404, 422])
  changeBudgetMode(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: BudgetModeRequest,
  ): Promise<Changed<BudgetModeResponse>> {
    return this.settings.changeBudgetMode(ctx, teamId, request);
  }

  /** The overdraft, and when few credits are an alert. */
  @Patch('settings')
  @Answers(CreditAccountResponse, [400, 404, 422])
  async changeSettings(
    @Ctx() ctx: RequestContext,
    @Param('team_id') teamId: string,
    @Body() request: CreditSettingsRequest,
  ): Promise<Changed<CreditAccountResponse>> {
    const changed = await this.settings.changeSettings(ctx, teamId, request);
    const account = await this.credits.balance(teamId);
    return changed.map(() => account);
  }
}
