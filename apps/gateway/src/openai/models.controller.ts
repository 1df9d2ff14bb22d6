import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ModelList } from './chat/chat-completions.schemas.js';
import { Refusals } from './error.schemas.js';
import { ModelsService } from './models.service.js';
import { READING_REFUSALS, WithVirtualKey } from './with-virtual-key.js';

/** The models that a key may call. */
@WithVirtualKey()
@Controller()
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get('v1/models')
  @ApiOperation({ summary: 'List the models that the key may call' })
  @ApiOkResponse({ type: ModelList })
  @Refusals(READING_REFUSALS)
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    void this.models.handle(request.raw, reply.raw, request.id, request.ip);
  }
}
