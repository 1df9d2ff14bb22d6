import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ModelList } from './chat/chat-completions.schemas.js';
import { Refusals } from './error.schemas.js';
import { ModelsService } from './models.service.js';

/** The models that a key may call. */
@ApiTags('openai')
@ApiSecurity('virtualKeyHeader')
@ApiSecurity('bearer')
@ApiSecurity('apiKeyHeader')
@ApiSecurity('googleApiKeyHeader')
@Controller()
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get('v1/models')
  @ApiOperation({ summary: 'List the models that the key may call' })
  @ApiOkResponse({ type: ModelList })
  @Refusals([
    'virtual_key_required',
    'virtual_key_empty',
    'virtual_key_not_found',
    'virtual_key_blocked',
    'virtual_key_expired',
    'ip_not_allowed',
    'store_unavailable',
    'policy_unavailable',
  ])
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    void this.models.handle(request.raw, reply.raw, request.id, request.ip);
  }
}
