import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Refusals } from './error.schemas.js';
import { KeyStatus } from './key.schemas.js';
import { KeyService } from './key.service.js';
import { READING_REFUSALS, WithVirtualKey } from './with-virtual-key.js';

/** A key, as its holder may see it. */
@WithVirtualKey()
@Controller()
export class KeyController {
  constructor(private readonly key: KeyService) {}

  @Get('v1/key')
  @ApiOperation({
    summary: 'Show the key, its limits and how far they are used up',
    description: 'The numbers are the enforced ones at this moment, the same from every gateway. Nothing is counted.',
  })
  @ApiOkResponse({ type: KeyStatus })
  @Refusals(READING_REFUSALS)
  show(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    void this.key.handle(request.raw, reply.raw, request.id, request.ip);
  }
}
