import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Ctx, ReadsOnly, type RequestContext } from '@penstock/platform';

import { Answers } from '../http/answers.decorator.js';
import { toExplainResponse } from './explain.mapping.js';
import { ExplainRequest } from './explain.requests.js';
import { ExplainResponse } from './explain.responses.js';
import { ExplainService } from './explain.service.js';

@ApiTags('explain')
@Controller('api/governance')
export class ExplainController {
  constructor(private readonly service: ExplainService) {}

  @Post('explain')
  @ReadsOnly()
  @ApiOperation({
    summary: 'Say whether a call would be admitted, and why',
    description:
      'A dry run on the counters as they are: nothing is reserved, counted or sent. Every provider counts as configured.',
  })
  @Answers(200, ExplainResponse, [400, 404])
  async explain(@Ctx() ctx: RequestContext, @Body() request: ExplainRequest): Promise<ExplainResponse> {
    const { explanation, snapshot } = await this.service.explain(ctx, request);
    return toExplainResponse(explanation, snapshot, ctx.nowMs);
  }
}
