import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayNotEmpty, IsArray, IsInt, IsNumber, IsObject, IsOptional, registerDecorator } from 'class-validator';

/** Takes a value as it was sent: the framework's copy of it would lose nothing, but costs and proves nothing. */
function AsSent(): PropertyDecorator {
  return Transform(({ obj, key }) => (obj as Record<string, unknown>)[key]);
}

/** The contract takes "5" for 5; nothing else is converted. */
function IntegerFromText(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value,
  );
}

/** A model's name, in exactly one of two members: `model`, or `model_group` as older clients call it. */
function IsModelOrGroup(): PropertyDecorator {
  return (target, key) => {
    registerDecorator({
      name: 'isModelOrGroup',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (_value, args) => {
          const object: { model?: unknown; model_group?: unknown } | undefined = args?.object;
          const given = [object?.model, object?.model_group].filter((one) => one !== undefined && one !== null);
          return given.length === 1 && isModelName(given[0]);
        },
        defaultMessage: () => `${String(key)} or model_group must name a model, one of them only`,
      },
    });
  };
}

function isModelName(value: unknown): boolean {
  return (
    typeof value === 'string' && value !== '' && value.length <= 255 && value.isWellFormed() && !value.includes('\0')
  );
}

const whole = (description?: string) => ({
  type: 'integer' as const,
  nullable: true,
  ...(description === undefined ? {} : { description }),
});
const number = { type: Number, nullable: true };
const list = { type: 'array' as const, items: {}, nullable: true };
const anything = { nullable: true, oneOf: [{ type: 'string' }, { type: 'object' }, { type: 'array', items: {} }] };
const object = { type: 'object' as const, additionalProperties: true, nullable: true };
const flag = { type: Boolean, nullable: true };
const text = { type: String, nullable: true };

/** Of the members below, those that say what is called and for what; they are not parameters of the model. */
export const OWN_MEMBERS = ['model', 'model_group', 'messages'] as const;

/**
 * Every parameter of a chat completion. They reach the provider as they are, unless absent: what a value may be is the
 * provider's to judge, and none has a default here.
 */
export class ChatParameters {
  /** What to call: a model, an alias or a group. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsModelOrGroup()
  model?: string | null;

  /** The same under its older name. Exactly one of the two is given. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  model_group?: string | null;

  @ApiProperty({ type: 'array', items: { type: 'object' }, minItems: 1 })
  @AsSent()
  @IsArray()
  @ArrayNotEmpty()
  @IsObject({ each: true })
  messages!: Record<string, unknown>[];

  @ApiPropertyOptional(number)
  @IsOptional()
  @IsNumber()
  temperature?: number | null;

  @ApiPropertyOptional(number)
  @IsOptional()
  @IsNumber()
  top_p?: number | null;

  @ApiPropertyOptional(whole('Most tokens of the answer; older name of max_completion_tokens.'))
  @IsOptional()
  @IntegerFromText()
  @IsInt()
  max_tokens?: number | null;

  @ApiPropertyOptional(whole('Most tokens of the answer.'))
  @IsOptional()
  @IntegerFromText()
  @IsInt()
  max_completion_tokens?: number | null;

  @ApiPropertyOptional(whole('How many answers to choose from; all of them count.'))
  @IsOptional()
  @IntegerFromText()
  @IsInt()
  n?: number | null;

  @ApiPropertyOptional(anything)
  @IsOptional()
  @AsSent()
  stop?: unknown;

  @ApiPropertyOptional(number)
  @IsOptional()
  @IsNumber()
  frequency_penalty?: number | null;

  @ApiPropertyOptional(number)
  @IsOptional()
  @IsNumber()
  presence_penalty?: number | null;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  @IsObject()
  response_format?: Record<string, unknown> | null;

  @ApiPropertyOptional(list)
  @IsOptional()
  @AsSent()
  @IsArray()
  tools?: unknown[] | null;

  @ApiPropertyOptional(anything)
  @IsOptional()
  @AsSent()
  tool_choice?: unknown;

  @ApiPropertyOptional(flag)
  @IsOptional()
  @AsSent()
  parallel_tool_calls?: unknown;

  @ApiPropertyOptional(list)
  @IsOptional()
  @AsSent()
  @IsArray()
  functions?: unknown[] | null;

  @ApiPropertyOptional(anything)
  @IsOptional()
  @AsSent()
  function_call?: unknown;

  @ApiPropertyOptional(whole())
  @IsOptional()
  @IntegerFromText()
  @IsInt()
  seed?: number | null;

  @ApiPropertyOptional(flag)
  @IsOptional()
  @AsSent()
  logprobs?: unknown;

  @ApiPropertyOptional(whole())
  @IsOptional()
  @IntegerFromText()
  @IsInt()
  top_logprobs?: number | null;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  logit_bias?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  reasoning_effort?: unknown;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  reasoning?: unknown;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  thinking?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  verbosity?: unknown;

  @ApiPropertyOptional(list)
  @IsOptional()
  @AsSent()
  modalities?: unknown;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  audio?: unknown;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  prediction?: unknown;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  stream_options?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  service_tier?: unknown;

  @ApiPropertyOptional(flag)
  @IsOptional()
  @AsSent()
  store?: unknown;

  /** The provider's, for what is stored there; the job has its own. */
  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  metadata?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  user?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  safety_identifier?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  prompt_cache_key?: unknown;

  @ApiPropertyOptional(text)
  @IsOptional()
  @AsSent()
  prompt_cache_retention?: unknown;

  @ApiPropertyOptional(object)
  @IsOptional()
  @AsSent()
  web_search_options?: unknown;

  @ApiPropertyOptional(whole())
  @IsOptional()
  @IntegerFromText()
  @IsInt()
  top_k?: number | null;

  @ApiPropertyOptional(number)
  @IsOptional()
  @IsNumber()
  min_p?: number | null;

  @ApiPropertyOptional(number)
  @IsOptional()
  @IsNumber()
  repetition_penalty?: number | null;
}

/** Names of the parameters of a model. */
export const CHAT_PARAMETERS = [
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'stop',
  'frequency_penalty',
  'presence_penalty',
  'response_format',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'functions',
  'function_call',
  'seed',
  'logprobs',
  'top_logprobs',
  'logit_bias',
  'reasoning_effort',
  'reasoning',
  'thinking',
  'verbosity',
  'modalities',
  'audio',
  'prediction',
  'stream_options',
  'service_tier',
  'store',
  'metadata',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'web_search_options',
  'top_k',
  'min_p',
  'repetition_penalty',
] as const satisfies Exclude<keyof ChatParameters, (typeof OWN_MEMBERS)[number]>[];

/** What the request calls, under either name. */
export function modelOf({ model, model_group: group }: ChatParameters): string {
  const name = model ?? group;
  if (name === undefined || name === null) throw new Error('The request was validated and names no model.');
  return name;
}

/** The body of the chat completion that a request asks for. Null is absent: providers differ about it. */
export function chatBodyOf(request: ChatParameters, isStream: boolean): Record<string, unknown> {
  const body: Record<string, unknown> = { model: modelOf(request), messages: request.messages };
  for (const name of CHAT_PARAMETERS) {
    const value = request[name];
    if (value === undefined || value === null) continue;
    // Without a stream there is nothing that it could be about, and providers refuse it.
    if (name === 'stream_options' && !isStream) continue;
    body[name] = value;
  }
  if (isStream) body['stream'] = true;
  return body;
}
