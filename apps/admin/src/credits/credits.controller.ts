import { Controller, Get, Header, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { ReadsOnly, TeamOrOperator } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { CreditAccountResponse } from './credit-account.response.js';
import {
  CreditCheckResponse,
  CreditGrantListResponse,
  CreditTransactionListResponse,
} from './credit-transaction.response.js';
import { CreditCheckQuery, CreditGrantsQuery, CreditTransactionsQuery } from './credits.requests.js';
import { CreditsService } from './credits.service.js';

@ApiTags('credits')
@TeamOrOperator()
@Controller('api/credits/teams/:team_id')
export class CreditsController {
  constructor(private readonly credits: CreditsService) {}

  @Get('balance')
  @Answers(CreditAccountResponse, [404], 'team or operator')
  balance(@Param('team_id') teamId: string): Promise<CreditAccountResponse> {
    return this.credits.balance(teamId);
  }

  @Post('check')
  @ReadsOnly()
  @Answers(CreditCheckResponse, [404, 422], 'team or operator')
  check(@Param('team_id') teamId: string, @Query() query: CreditCheckQuery): Promise<CreditCheckResponse> {
    return this.credits.check(teamId, query.credits_needed ?? 1);
  }

  @Get('transactions')
  @Header('cache-control', 'no-store')
  @ApiExtraModels(CreditTransactionListResponse)
  @ApiResponse({
    status: 200,
    description: 'A page, or all of them as a file.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(CreditTransactionListResponse) } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @Answers(CreditTransactionListResponse, [404, 422], 'team or operator')
  async transactions(
    @Param('team_id') teamId: string,
    @Query() query: CreditTransactionsQuery,
  ): Promise<CreditTransactionListResponse | StreamableFile> {
    if (query.format !== 'csv') return this.credits.transactions(teamId, query);
    return new StreamableFile(await this.credits.exportTransactions(teamId, query), {
      type: 'text/csv; charset=utf-8',
      disposition: 'attachment; filename="credit-transactions.csv"',
    });
  }

  @Get('grants')
  @Answers(CreditGrantListResponse, [404, 422], 'team or operator')
  grants(@Param('team_id') teamId: string, @Query() query: CreditGrantsQuery): Promise<CreditGrantListResponse> {
    return this.credits.grants(teamId, query);
  }
}
