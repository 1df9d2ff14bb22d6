import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ChatService } from './chat.service.js';

/** Chat completions. The answer bypasses the framework: bytes of the provider are written as they come. */
@Controller()
export class ChatCompletionsController {
  constructor(private readonly chat: ChatService) {}

  @Post('v1/chat/completions')
  complete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    void this.chat.handle(request.raw, reply.raw, request.id);
  }
}
