import type { Behaviour, ToolCallBehaviour } from './behaviour.js';
import { textOf, type ChatRequest } from './chat-request.js';

/** Completion tokens of a call that asks for nothing. */
export const DEFAULT_COMPLETION_TOKENS = 16;

/** Token counts of one call as its `usage` states them: sums over all choices. */
export interface Tokens {
  readonly prompt: number;
  readonly cached: number;
  readonly completion: number;
  readonly reasoning: number;
}

/** What the simulator decided to answer, before it is cut into bytes. */
export interface Completion {
  readonly id: string;
  readonly createdS: number;
  readonly model: string;
  readonly choices: number;
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  readonly tokens: Tokens;
  /** Visible tokens of one choice. */
  readonly visibleTokens: number;
  readonly toolCall: { readonly name: string; readonly arguments: string } | null;
}

/** Decides the content of an answer: deterministic in request, behaviour and sequence number. */
export function planCompletion(request: ChatRequest, behaviour: Behaviour, sequence: number): Completion {
  const wanted = behaviour.completionTokens ?? DEFAULT_COMPLETION_TOKENS + behaviour.reasoningTokens;
  const ceiling = behaviour.ignoresMaxTokens ? null : request.maxTokens;
  const isCut = ceiling !== null && wanted > ceiling;
  const perChoice = isCut ? ceiling : wanted;
  const reasoning = Math.min(behaviour.reasoningTokens, perChoice);
  const prompt = behaviour.promptTokens ?? promptTokensOf(request);
  const toolCall = behaviour.toolCall === null || isCut ? null : toolCallOf(request, behaviour.toolCall);
  return {
    id: `chatcmpl-sim${sequence.toString(36).padStart(12, '0')}`,
    createdS: Math.floor(Date.now() / 1000),
    model: datedModel(request.model),
    choices: request.choices,
    finishReason: isCut ? 'length' : toolCall === null ? 'stop' : 'tool_calls',
    tokens: {
      prompt,
      cached: Math.min(behaviour.cachedTokens, prompt),
      completion: perChoice * request.choices,
      reasoning: reasoning * request.choices,
    },
    visibleTokens: perChoice - reasoning,
    toolCall,
  };
}

/** Prompt tokens of a request: about a quarter of its characters, and never more than its bytes. */
export function promptTokensOf(request: Pick<ChatRequest, 'messages' | 'tools' | 'bodyBytes'>): number {
  let tokens = 3;
  for (const message of request.messages) {
    tokens += 3 + Math.ceil(textOf((message as Record<string, unknown>)['content']).length / 4);
  }
  if (request.tools.length > 0) tokens += Math.ceil(JSON.stringify(request.tools).length / 4);
  return Math.min(tokens, request.bodyBytes);
}

function toolCallOf(request: ChatRequest, wanted: ToolCallBehaviour): { name: string; arguments: string } | null {
  if (request.tools.length === 0) return null;
  const first = request.tools[0] as { function?: { name?: unknown } } | null;
  const name = wanted.name ?? first?.function?.name;
  return { name: typeof name === 'string' ? name : 'unnamed', arguments: JSON.stringify(wanted.arguments ?? {}) };
}

const datedModels = new Map<string, string>([
  ['gpt-4o', 'gpt-4o-2024-08-06'],
  ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18'],
  ['gpt-4.1', 'gpt-4.1-2025-04-14'],
  ['gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14'],
  ['gpt-4.1-nano', 'gpt-4.1-nano-2025-04-14'],
  ['gpt-4', 'gpt-4-0613'],
  ['gpt-4-turbo', 'gpt-4-turbo-2024-04-09'],
  ['gpt-3.5-turbo', 'gpt-3.5-turbo-0125'],
  ['o1', 'o1-2024-12-17'],
  ['o3', 'o3-2025-04-16'],
  ['o3-mini', 'o3-mini-2025-01-31'],
  ['o4-mini', 'o4-mini-2025-04-16'],
]);

/** Models that `GET /v1/models` lists; the simulator serves any name that does not start with `unknown`. */
export const LISTED_MODELS: readonly string[] = [...datedModels.keys()];

/** OpenAI answers with the dated version of the model that was asked for. */
function datedModel(model: string): string {
  return datedModels.get(model) ?? model;
}

const WORDS = ['The', ' gate', ' meters', ' the', ' flow', ' and', ' can', ' shut', ' it', ' at', ' once', '.'];

/** Word number `index` of every answer. */
export function wordAt(index: number): string {
  if (index >= WORDS.length && index % WORDS.length === 0) return ` ${WORDS[0] ?? ''}`;
  return WORDS[index % WORDS.length] ?? '';
}

const texts = new Map<number, string>();
const TEXTS_KEPT_MAX = 64;

/** Hot path: the text of an answer of so many tokens, one word each, as a JSON string. */
export function textJsonOfTokens(count: number): string {
  const known = texts.get(count);
  if (known !== undefined) return known;
  let text = '';
  for (let index = 0; index < count; index += 1) text += wordAt(index);
  const json = JSON.stringify(text);
  if (texts.size < TEXTS_KEPT_MAX) texts.set(count, json);
  return json;
}
