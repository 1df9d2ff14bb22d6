import { ApiProperty } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString } from 'class-validator';

/** Body of `POST /explain`. The key is named by exactly one of its id and its value. */
export class ExplainRequest {
  @ApiProperty({ type: String, format: 'uuid', nullable: true, required: false })
  @IsOptional()
  @IsString()
  virtual_key_id?: string | null;

  @ApiProperty({ type: String, nullable: true, required: false, description: 'The value of the key.' })
  @IsOptional()
  @IsString()
  virtual_key?: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    required: ['model', 'messages'],
    properties: {
      model: { type: 'string', maxLength: 255 },
      messages: { type: 'array', minItems: 1, items: { type: 'object', additionalProperties: true } },
      max_tokens: { type: 'integer', minimum: 1, nullable: true },
    },
    example: { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 100 },
    description: 'A body of /v1/chat/completions, read by the same rules.',
  })
  @IsObject()
  request!: Record<string, unknown>;
}
