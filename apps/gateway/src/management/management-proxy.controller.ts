import { All, Controller, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ManagementProxy } from './management-proxy.js';

/** One origin for everything: management requests go on to the services that own them. */
@ApiExcludeController()
@Controller()
export class ManagementProxyController {
  constructor(@Inject(ManagementProxy) private readonly proxy: ManagementProxy) {}

  @All(['api/governance', 'api/governance/*'])
  governance(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    this.proxy.toGovernance(request.raw, reply.raw, { requestId: request.id, ip: request.ip });
  }

  @All(['api', 'api/*'])
  admin(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    this.proxy.toAdmin(request.raw, reply.raw, { requestId: request.id, ip: request.ip });
  }
}
