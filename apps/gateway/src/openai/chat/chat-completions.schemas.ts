import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const ANYTHING = { type: 'object', additionalProperties: true } as const;

/** What the gateway reads of a request. Every other field reaches the provider as it was sent. */
export class ChatCompletionRequest {
  @ApiProperty({
    type: String,
    maxLength: 255,
    examples: ['openai/gpt-4o-mini', 'gpt-4o-mini'],
    description:
      'With its provider before the first slash, or bare where the catalogue knows whose it is; or a model group or alias of the team.',
  })
  model!: string;

  @ApiProperty({ type: 'array', minItems: 1, items: ANYTHING })
  messages!: object[];

  @ApiProperty({ type: Boolean, nullable: true, required: false, default: false })
  stream?: boolean | null;

  @ApiPropertyOptional({
    ...ANYTHING,
    nullable: true,
    description: 'Usage is always asked for upstream; with include_usage its chunk reaches the caller too.',
  })
  stream_options?: object | null;

  @ApiProperty({
    type: 'integer',
    minimum: 1,
    nullable: true,
    required: false,
    description: "Bounds what is reserved for the call; without it, the model's own ceiling does.",
  })
  max_tokens?: number | null;

  @ApiProperty({ type: 'integer', minimum: 1, nullable: true, required: false })
  max_completion_tokens?: number | null;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 128, nullable: true, required: false })
  n?: number | null;
}

/** A completion as its provider answered it, byte for byte; these fields are OpenAI's. */
export class ChatCompletion {
  @ApiProperty({ type: String })
  id!: string;

  @ApiProperty({ enum: ['chat.completion'] })
  object!: string;

  @ApiProperty({ type: String, description: 'As the provider names it.' })
  model!: string;

  @ApiProperty({ type: 'array', items: ANYTHING })
  choices!: object[];

  @ApiPropertyOptional(ANYTHING)
  usage?: object;
}

/** A model that the key may call. */
export class Model {
  @ApiProperty({ type: String })
  id!: string;

  @ApiProperty({ enum: ['model'] })
  object!: 'model';

  @ApiProperty({ type: 'integer' })
  created!: number;

  @ApiProperty({ type: String, description: 'Its provider; `penstock` for a model group.' })
  owned_by!: string;
}

/** OpenAI's list of models. */
export class ModelList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [Model] })
  data!: Model[];
}
