import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { IsNaming } from '../http/is-storable.decorator.js';

const PROVIDER_LENGTH_MAX = 63;
/** Longer than any URL that is accepted, so that the refusal can say what is wrong with it. */
const URL_TEXT_LENGTH_MAX = 4_096;
/** It travels in a header. */
const KEY = /^[\x21-\x7e]{1,4096}$/;
const KEY_REASON = { message: 'api_key must be 1 to 4096 printable ASCII characters without blanks' };

/** Body of `POST /api/provider-credentials/create`. */
export class CreateProviderCredentialRequest {
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  organization_id!: string;

  /** In any case; one that is not of the list of known ones needs `api_base`. */
  @ApiProperty({ type: String, minLength: 1, maxLength: PROVIDER_LENGTH_MAX, example: 'openai' })
  @IsNaming()
  @MaxLength(PROVIDER_LENGTH_MAX)
  provider!: string;

  /** Stored sealed; no answer ever shows it. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 4_096, writeOnly: true, pattern: KEY.source })
  @IsString()
  @Matches(KEY, KEY_REASON)
  api_key!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  credential_name!: string;

  /** Base URL of an API of OpenAI's shape, such as `https://llm.example.com/v1`; null or "": the provider's own address. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: URL_TEXT_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(URL_TEXT_LENGTH_MAX)
  api_base?: string | null;
}

/** Body of `PUT /api/provider-credentials/{id}`: what is absent or null stays as it is. */
export class UpdateProviderCredentialRequest {
  /** Replaces the key; calls that begin after the answer use it. */
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    minLength: 1,
    maxLength: 4_096,
    writeOnly: true,
    pattern: KEY.source,
  })
  @IsOptional()
  @IsString()
  @Matches(KEY, KEY_REASON)
  api_key?: string | null;

  /** "" goes back to the provider's own address. */
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: URL_TEXT_LENGTH_MAX })
  @IsOptional()
  @IsString()
  @MaxLength(URL_TEXT_LENGTH_MAX)
  api_base?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, minLength: 1, maxLength: 255 })
  @IsOptional()
  @IsNaming()
  credential_name?: string | null;

  @ApiPropertyOptional({ type: Boolean, nullable: true })
  @IsOptional()
  @IsBoolean()
  is_active?: boolean | null;
}

/** Whether credentials that are not in use are left out. */
export class ActiveOnlyQuery {
  @ApiPropertyOptional({ type: Boolean, default: true })
  @IsOptional()
  @Transform(({ value }) => booleanFromText(value))
  @IsBoolean()
  active_only?: boolean;
}

/** Query of `GET /api/provider-credentials`. */
export class ProviderCredentialListQuery extends ActiveOnlyQuery {
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255 })
  @IsOptional()
  @IsNaming()
  organization_id?: string;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: PROVIDER_LENGTH_MAX })
  @IsOptional()
  @IsNaming()
  @MaxLength(PROVIDER_LENGTH_MAX)
  provider?: string;
}

/** Words that clients write for a boolean in a query. */
function booleanFromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(word)) return true;
  return ['false', '0', 'no', 'off'].includes(word) ? false : value;
}
