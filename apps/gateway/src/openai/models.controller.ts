import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ModelsService } from './models.service.js';

/** The models that a key may call. */
@Controller()
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @Get('v1/models')
  list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    void this.models.handle(request.raw, reply.raw, request.id);
  }
}
