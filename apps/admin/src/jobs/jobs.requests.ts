import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JOB_STATUSES, type JobStatus } from '@penstock/domain';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

import { IsNaming, IsStorableObject, IsWellFormed } from '../http/is-storable.decorator.js';
import { ChatParameters } from './calls/chat-parameters.js';

/** Any case is taken; what is no text is left to be refused. */
const lowerCased = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.toLowerCase() : value;

/** Query parameters are text: what looks like a whole number becomes one, anything else is left to be refused. */
export const wholeNumber = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;

/** Body of `POST /api/jobs/create`. */
export class CreateJobRequest {
  /** The team's own id. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  team_id!: string;

  /** What kind of work it is; usage is summed by it. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  job_type!: string;

  /** Whoever the team does it for. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  user_id?: string | null;

  /** Anything the team wants to keep with it; null counts as nothing. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;
}

/** Body of `POST /api/jobs/{id}/llm-call` and `llm-call-stream`. */
export class LlmCallRequest extends ChatParameters {
  /** What the team tells its calls apart by. */
  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  purpose?: string | null;

  /** Merged into the metadata of the job. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  call_metadata?: Record<string, unknown> | null;
}

/** Body of `POST /api/jobs/create-and-call` and `create-and-call-stream`. */
export class CreateAndCallRequest extends ChatParameters {
  /** The team's own id. */
  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  team_id!: string;

  @ApiProperty({ type: String, minLength: 1, maxLength: 255 })
  @IsNaming()
  job_type!: string;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  user_id?: string | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  job_metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({ type: String, minLength: 1, maxLength: 255, nullable: true })
  @IsOptional()
  @IsNaming()
  purpose?: string | null;
}

/** Body of `POST /api/jobs/{id}/complete`. */
export class CompleteJobRequest {
  /** Only a completed job is charged. In any case. */
  @ApiProperty({ type: String, enum: ['completed', 'failed'] })
  @Transform(lowerCased)
  @IsIn(['completed', 'failed'])
  status!: 'completed' | 'failed';

  /** Merged into the metadata of the job. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, nullable: true })
  @IsOptional()
  @IsStorableObject()
  metadata?: Record<string, unknown> | null;

  /** Why it failed; not kept of a completed job. */
  @ApiPropertyOptional({ type: String, maxLength: 10_000, nullable: true })
  @IsOptional()
  @IsString()
  @IsWellFormed()
  @MaxLength(10_000)
  error_message?: string | null;
}

/** Body of `POST /api/jobs/{id}/cancel`. */
export class CancelJobRequest {
  /** Why. */
  @ApiPropertyOptional({ type: String, maxLength: 10_000, nullable: true })
  @IsOptional()
  @IsString()
  @IsWellFormed()
  @MaxLength(10_000)
  reason?: string | null;
}

/** Body of `PATCH /api/jobs/{id}/metadata`. */
export class JobMetadataRequest {
  /** Its members replace those of the same name. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsStorableObject()
  metadata!: Record<string, unknown>;
}

/** Query of `GET /api/teams/{id}/jobs`. */
export class TeamJobsQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1_000, default: 100 })
  @IsOptional()
  @Transform(wholeNumber)
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0 })
  @IsOptional()
  @Transform(wholeNumber)
  @IsInt()
  @Min(0)
  offset?: number;

  /** In any case. */
  @ApiPropertyOptional({ type: String, enum: JOB_STATUSES })
  @IsOptional()
  @Transform(lowerCased)
  @IsIn(JOB_STATUSES)
  status?: JobStatus;
}

/** Query of `GET /api/teams/{id}/usage`. */
export class TeamUsageQuery {
  /** A year, a month or a day, UTC: `2026`, `2026-01` or `2026-01-31`. */
  @ApiProperty({ type: String, pattern: String.raw`^\d{4}(-\d{2}(-\d{2})?)?$` })
  @IsString()
  period!: string;
}
