import type { IncomingMessage, ServerResponse } from 'node:http';
import { Answer } from './answer.js';
import { behaviourFor, BehaviourError, parseBehaviour, type Behaviour } from './behaviour.js';
import { parseChatRequest, type ChatRequest } from './chat-request.js';
import { planCompletion } from './completion.js';
import type { Ledger } from './ledger.js';
import { errorOfStatus, invalidRequest, missingApiKey, OpenAiError, wrongApiKey } from './openai-error.js';
import { completionJson, streamFrames } from './wire-format.js';

/** What `POST /v1/chat/completions` depends on besides the request. */
export interface ChatContext {
  readonly ledger: Ledger;
  /** Only this bearer token is accepted; null accepts any. */
  readonly apiKey: string | null;
  /** Behaviour of a call without a directive. Called once per request. */
  takeBehaviour(): Behaviour;
}

/** Answers one chat completion. */
export function answerChatCompletion(
  context: ChatContext,
  request: IncomingMessage,
  response: ServerResponse,
  rawBody: string,
  bodyBytes: number,
): void {
  const entry = context.ledger.open(request, rawBody, bodyBytes);
  const answer = new Answer(response, context.ledger, entry);
  try {
    checkBearer(request, context.apiKey);
    const chat = parseChatRequest(rawBody, bodyBytes);
    const apiKey = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const behaviour = behaviourFor(behaviourOf(context, request, chat), chat.model, apiKey);
    entry.isValid = true;
    entry.model = chat.model;
    entry.isStream = chat.isStream;
    if (behaviour.failure === 'hang') return;
    const waitMs = behaviour.failure === 'slow_headers' ? 0 : behaviour.latencyMs;
    answer.after(waitMs, () => complete(answer, chat, behaviour));
  } catch (error) {
    if (!(error instanceof OpenAiError)) throw error;
    answer.error(error);
  }
}

function complete(answer: Answer, chat: ChatRequest, behaviour: Behaviour): void {
  if (behaviour.failure === 'cut') return answer.cut();
  if (behaviour.status !== null) {
    const retryAfterS = behaviour.status === 429 || behaviour.status === 503 ? behaviour.retryAfterS : undefined;
    return answer.error(errorOfStatus(behaviour.status), retryAfterS);
  }
  const { entry } = answer;
  const completion = planCompletion(chat, behaviour, entry.sequence);
  entry.completionId = completion.id;
  entry.promptTokens = completion.tokens.prompt;
  entry.cachedTokens = completion.tokens.cached;
  entry.completionTokens = completion.tokens.completion;
  entry.reasoningTokens = completion.tokens.reasoning;
  if (chat.isStream) answer.stream(streamFrames(completion, behaviour, chat.includesUsage), behaviour);
  else answer.json(completionJson(completion, behaviour.usagePosition !== 'absent'), behaviour);
}

function checkBearer(request: IncomingMessage, apiKey: string | null): void {
  const { authorization } = request.headers;
  if (authorization === undefined || !authorization.startsWith('Bearer ') || authorization.length === 7)
    throw missingApiKey;
  if (apiKey !== null && authorization !== `Bearer ${apiKey}`) throw wrongApiKey();
}

/** The most specific wish wins: message over header over what the control plane set. */
function behaviourOf(context: ChatContext, request: IncomingMessage, chat: ChatRequest): Behaviour {
  const base = context.takeBehaviour();
  const header = request.headers['x-sim'];
  if (header === undefined && chat.directive === undefined) return base;
  return { ...base, ...(typeof header === 'string' ? parseHeader(header) : undefined), ...chat.directive };
}

function parseHeader(header: string): Partial<Behaviour> {
  try {
    return parseBehaviour(JSON.parse(header));
  } catch (error) {
    const reason = error instanceof BehaviourError ? error.message : 'The x-sim header is not JSON.';
    throw invalidRequest(reason, 'sim_directive_invalid');
  }
}
