import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiPropertyOptional, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { LimitReportSchema } from '@penstock/platform';
import { catalogue, type ErrorCode } from '@penstock/domain';

/** What denied a call before any limit was looked at. */
export class DeniedBy {
  @ApiProperty({ enum: ['virtual_key', 'team', 'organization'] })
  entity!: string;

  @ApiProperty({ type: String })
  entity_id!: string;

  @ApiPropertyOptional({ type: String })
  entity_name?: string;

  @ApiPropertyOptional({
    enum: [
      'is_active',
      'status',
      'expires_at',
      'allowed_ips',
      'allowed_models',
      'allowed_providers',
      'provider_configs',
      'model_groups',
      'price',
    ],
  })
  rule?: string;
}

/** Why the model that limits fall back to was refused as well. */
export class FallbackRefusal {
  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String })
  code!: string;

  @ApiProperty({ type: String })
  message!: string;
}

/** An attempt to have the call served that failed. */
export class TriedTarget {
  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String })
  code!: string;

  @ApiProperty({ type: 'integer', nullable: true, description: "Of the provider's answer; null when none began." })
  status!: number | null;

  @ApiProperty({ type: String })
  message!: string;

  @ApiProperty({ type: Boolean, description: 'The provider may have worked on it: charged at what was reserved.' })
  charged!: boolean;
}

/** Why a target that was left was not tried. */
export class NotTried {
  @ApiProperty({ type: String })
  code!: string;

  @ApiProperty({ type: String })
  message!: string;
}

/** The machine-readable part of an error: the same in both dialects. */
export class ErrorDetails {
  @ApiProperty({ type: String, description: 'Code of the catalogue; see docs/errors.md.' })
  code!: string;

  @ApiProperty({ type: String, description: 'What would help.' })
  remedy!: string;

  @ApiProperty({ type: String })
  request_id!: string;

  @ApiProperty({
    type: 'array',
    required: false,
    items: { type: 'object', properties: { path: { type: 'string' }, reason: { type: 'string' } } },
  })
  fields?: object[];

  @ApiProperty({ type: 'number', required: false })
  retry_after_ms?: number;

  @ApiProperty({ type: LimitReportSchema, required: false })
  decided_by?: LimitReportSchema;

  @ApiProperty({ type: [LimitReportSchema], required: false })
  limits?: LimitReportSchema[];

  @ApiProperty({ type: 'integer', required: false, description: 'With this max_tokens the call would fit now.' })
  max_tokens_that_fits?: number;

  @ApiProperty({ type: FallbackRefusal, required: false })
  fallback?: FallbackRefusal;

  @ApiProperty({ type: [TriedTarget], required: false, description: 'Where more than one target could be tried.' })
  tried?: TriedTarget[];

  @ApiProperty({ type: NotTried, required: false })
  not_tried?: NotTried;

  @ApiProperty({ type: DeniedBy, required: false })
  denied_by?: DeniedBy;

  @ApiProperty({ type: [String], required: false, description: 'What the key may use instead; at most 50 names.' })
  allowed?: string[];

  @ApiProperty({ type: 'integer', required: false, description: 'How many names were left out of `allowed`.' })
  allowed_more?: number;

  @ApiProperty({ type: String, required: false, description: 'With call_cut: the code of what ended the call.' })
  reason?: string;

  @ApiProperty({ type: String, format: 'date-time', required: false, description: 'With virtual_key_expired.' })
  expired_at?: string;

  @ApiProperty({ type: String, required: false, description: 'With team_suspended and organization_suspended.' })
  entity_status?: string;

  @ApiProperty({ type: String, required: false, description: 'With ip_not_allowed: where the call came from.' })
  client_ip?: string;
}

/** The error object of OpenAI's clients. */
export class OpenAiError extends ErrorDetails {
  @ApiProperty({ type: String })
  message!: string;

  @ApiProperty({ type: String })
  type!: string;

  @ApiProperty({ type: String, nullable: true })
  param!: string | null;
}

/** What callers with a bearer key, `x-api-key` or `x-goog-api-key` read. */
export class OpenAiErrorResponse {
  @ApiProperty({ type: OpenAiError })
  error!: OpenAiError;
}

/** What callers with `x-bf-vk` read. */
export class VirtualKeyHeaderErrorResponse extends ErrorDetails {
  @ApiProperty({ type: String, description: 'A sentence that names what decided.' })
  error!: string;

  @ApiProperty({ type: String })
  type!: string;

  @ApiProperty({ type: 'integer' })
  status_code!: number;
}

/** Documents the errors of a route, by status, each with its codes. */
export function Refusals(codes: readonly ErrorCode[]): MethodDecorator {
  const byStatus = new Map<number, string[]>();
  for (const code of codes) {
    const { status, statusBearer, title } = catalogue[code];
    for (const one of new Set([status, statusBearer ?? status])) {
      byStatus.set(one, [...(byStatus.get(one) ?? []), `\`${code}\`: ${title}`]);
    }
  }
  const schema = {
    oneOf: [{ $ref: getSchemaPath(OpenAiErrorResponse) }, { $ref: getSchemaPath(VirtualKeyHeaderErrorResponse) }],
  };
  return applyDecorators(
    ApiExtraModels(OpenAiErrorResponse, VirtualKeyHeaderErrorResponse),
    ...[...byStatus].map(([status, lines]) =>
      ApiResponse({ status, description: lines.join('\n'), content: { 'application/json': { schema } } }),
    ),
  );
}
