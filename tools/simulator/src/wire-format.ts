import type { Behaviour } from './behaviour.js';
import { textJsonOfTokens, wordAt, type Completion, type Tokens } from './completion.js';

const FINGERPRINT = '"system_fingerprint":"fp_penstocksim"';
/** More would only cost time: a real provider's pace comes from `chunks` and `chunkIntervalMs`. */
const CHUNKS_DEFAULT_MAX = 32;

/** One server-sent event and what the provider has produced once it is out. */
export interface Frame {
  readonly text: string;
  readonly completionTokens: number;
  /** False for `[DONE]`, which carries no chunk. */
  readonly isChunk: boolean;
}

/** The `usage` object, details included. */
export function usageJson(tokens: Tokens): string {
  return (
    `{"prompt_tokens":${tokens.prompt},"completion_tokens":${tokens.completion},"total_tokens":${tokens.prompt + tokens.completion},` +
    `"prompt_tokens_details":{"cached_tokens":${tokens.cached},"audio_tokens":0},` +
    `"completion_tokens_details":{"reasoning_tokens":${tokens.reasoning},"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`
  );
}

/** Hot path: the whole JSON answer as one string. */
export function completionJson(completion: Completion, hasUsage: boolean): string {
  const message = messageJson(completion);
  let choices = '';
  for (let index = 0; index < completion.choices; index += 1) {
    choices += `${index === 0 ? '' : ','}{"index":${index},"message":${message},"logprobs":null,"finish_reason":"${completion.finishReason}"}`;
  }
  const usage = hasUsage ? `"usage":${usageJson(completion.tokens)},` : '';
  return (
    `{"id":"${completion.id}","object":"chat.completion","created":${completion.createdS},"model":${JSON.stringify(completion.model)},` +
    `"choices":[${choices}],${usage}"service_tier":"default",${FINGERPRINT}}`
  );
}

function messageJson(completion: Completion): string {
  if (completion.toolCall === null) {
    return `{"role":"assistant","content":${textJsonOfTokens(completion.visibleTokens)},"refusal":null,"annotations":[]}`;
  }
  const { name, arguments: args } = completion.toolCall;
  return (
    `{"role":"assistant","content":null,"tool_calls":[{"id":"${toolCallId(completion)}","type":"function",` +
    `"function":{"name":${JSON.stringify(name)},"arguments":${JSON.stringify(args)}}}],"refusal":null,"annotations":[]}`
  );
}

function toolCallId(completion: Completion): string {
  return `call_${completion.id.slice('chatcmpl-'.length)}`;
}

/** Cuts an answer into the events of a stream, `[DONE]` last. */
export function streamFrames(completion: Completion, behaviour: Behaviour, includesUsage: boolean): Frame[] {
  const deltas = choiceDeltas(completion, behaviour.chunks);
  const usage = usageJson(completion.tokens);
  const head =
    `data: {"id":"${completion.id}","object":"chat.completion.chunk","created":${completion.createdS},` +
    `"model":${JSON.stringify(completion.model)},"service_tier":"default",${FINGERPRINT},"choices":[`;
  // OpenAI says `usage: null` on every other chunk once usage was asked for.
  const emptyTail = includesUsage && behaviour.usagePosition === 'after_final' ? '],"usage":null}\n\n' : ']}\n\n';
  const usageTail = `],"usage":${usage}}\n\n`;
  const frames: Frame[] = [];
  const chunkCount = deltas.length * completion.choices;
  const usageAt = usageChunkIndex(behaviour, chunkCount);
  let produced = 0;
  for (const [step, delta] of deltas.entries()) {
    for (let choice = 0; choice < completion.choices; choice += 1) {
      const index = step * completion.choices + choice;
      produced += delta.tokens;
      const isLast = step === deltas.length - 1;
      const finish = isLast ? `"${completion.finishReason}"` : 'null';
      const body = `{"index":${choice},"delta":${delta.json},"logprobs":null,"finish_reason":${finish}}`;
      frames.push({
        text: head + body + (index === usageAt ? usageTail : emptyTail),
        completionTokens: Math.min(produced, completion.tokens.completion),
        isChunk: true,
      });
    }
  }
  const completionTokens = completion.tokens.completion;
  if (behaviour.usagePosition === 'after_final' && includesUsage) {
    frames.push({ text: head + usageTail, completionTokens, isChunk: true });
  }
  frames.push({ text: 'data: [DONE]\n\n', completionTokens, isChunk: false });
  return frames;
}

function usageChunkIndex(behaviour: Behaviour, chunkCount: number): number {
  switch (behaviour.usagePosition) {
    case 'first':
      return 0;
    case 'middle':
      return Math.floor(chunkCount / 2);
    case 'final':
      return chunkCount - 1;
    case 'after_final':
    case 'absent':
      return -1;
  }
}

/** The deltas of one choice: role, content or tool call, finish. Reasoning is produced before the first visible chunk. */
function choiceDeltas(completion: Completion, chunks: number | null): { json: string; tokens: number }[] {
  const reasoning = completion.tokens.reasoning / completion.choices;
  if (completion.toolCall !== null) return toolCallDeltas(completion, reasoning);
  const deltas = [{ json: '{"role":"assistant","content":"","refusal":null}', tokens: reasoning }];
  const count = chunks ?? Math.min(completion.visibleTokens, CHUNKS_DEFAULT_MAX);
  let done = 0;
  for (let chunk = 1; chunk <= count; chunk += 1) {
    const until = Math.floor((completion.visibleTokens * chunk) / count);
    let text = '';
    for (let index = done; index < until; index += 1) text += wordAt(index);
    deltas.push({ json: `{"content":${JSON.stringify(text)}}`, tokens: until - done });
    done = until;
  }
  deltas.push({ json: '{}', tokens: 0 });
  return deltas;
}

function toolCallDeltas(completion: Completion, reasoning: number): { json: string; tokens: number }[] {
  const { name, arguments: args } = completion.toolCall ?? { name: '', arguments: '' };
  const half = Math.ceil(args.length / 2);
  const piece = (text: string): string =>
    `{"tool_calls":[{"index":0,"function":{"arguments":${JSON.stringify(text)}}}]}`;
  return [
    {
      json:
        `{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"${toolCallId(completion)}","type":"function",` +
        `"function":{"name":${JSON.stringify(name)},"arguments":""}}],"refusal":null}`,
      tokens: reasoning,
    },
    { json: piece(args.slice(0, half)), tokens: Math.floor(completion.visibleTokens / 2) },
    { json: piece(args.slice(half)), tokens: Math.ceil(completion.visibleTokens / 2) },
    { json: '{}', tokens: 0 },
  ];
}
