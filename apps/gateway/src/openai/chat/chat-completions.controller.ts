import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOperation, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { ChatCompletion, ChatCompletionRequest } from './chat-completions.schemas.js';
import { ChatService } from './chat.service.js';
import { Refusals } from '../error.schemas.js';
import { WithVirtualKey } from '../with-virtual-key.js';

const text = (description: string) => ({ description, schema: { type: 'string' as const } });

/** Chat completions. The answer bypasses the framework: bytes of the provider are written as they come. */
@WithVirtualKey()
@Controller()
export class ChatCompletionsController {
  constructor(private readonly chat: ChatService) {}

  @Post('v1/chat/completions')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Create a chat completion',
    description:
      'Reserves the worst case of the call in every limit of the key, its team and its customer, sends it to the ' +
      "provider, and settles what it used before the last byte goes out. A provider's own errors pass through as " +
      'they are, but for its 401 and 403. A name that leads to several targets is tried at one after the other until ' +
      'one answers; every attempt is reserved and accounted on its own.',
  })
  @ApiBody({ type: ChatCompletionRequest })
  @ApiExtraModels(ChatCompletion)
  @ApiResponse({
    status: 200,
    description: 'The answer of the provider.',
    headers: {
      'x-request-id': text("The caller's own, or a new one."),
      'x-upstream-request-id': text("The provider's."),
      'x-penstock-cost-usd': text(
        'What the caller pays for the call, by the price book of its organization; a trailer of streams.',
      ),
      'x-penstock-budget-remaining-usd': text('What is left of the tightest budget.'),
      'x-penstock-max-tokens': text(
        'The answer was limited to this, because a limit with `clamp` had no room for more.',
      ),
      'x-penstock-model': text(
        'What was called, as provider/model, where the name that was asked for does not say it or leads to several.',
      ),
      'x-penstock-attempts': text('With x-penstock-model: how many targets were tried; the last one answered.'),
      'x-penstock-fallback-from': text('What was asked for, where a limit with `fallback` had no room for it.'),
      'x-penstock-shadow-exceeded': text('Ids of the limits in shadow mode that have no room for the call.'),
      'x-ratelimit-limit-requests': text('Of the request limit with the least left; likewise -remaining- and -reset-.'),
      'x-ratelimit-limit-tokens': text('Of the token limit with the least left; likewise -remaining- and -reset-.'),
    },
    content: {
      'application/json': { schema: { $ref: getSchemaPath(ChatCompletion) } },
      'text/event-stream': { schema: { type: 'string', description: 'OpenAI’s chunks, then `data: [DONE]`.' } },
    },
  })
  @Refusals([
    'request_invalid',
    'request_malformed_json',
    'virtual_key_required',
    'virtual_key_empty',
    'provider_not_configured',
    'virtual_key_not_found',
    'virtual_key_blocked',
    'organization_suspended',
    'team_suspended',
    'virtual_key_expired',
    'ip_not_allowed',
    'budget_exceeded',
    'credits_exhausted',
    'job_not_open',
    'model_blocked',
    'provider_blocked',
    'model_not_permitted',
    'model_unpriced',
    'model_not_found',
    'request_too_large',
    'token_limited',
    'request_limited',
    'rate_limited',
    'concurrency_limited',
    'call_cut',
    'upstream_unreachable',
    'upstream_failed',
    'upstream_rate_limited',
    'upstream_malformed',
    'provider_credential_refused',
    'provider_credential_unusable',
    'store_unavailable',
    'policy_unavailable',
    'overloaded',
    'upstream_timeout',
  ])
  complete(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    reply.hijack();
    void this.chat.handle(request.raw, reply.raw, request.id, request.ip);
  }
}
