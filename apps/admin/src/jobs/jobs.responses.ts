import { ApiProperty } from '@nestjs/swagger';
import { JOB_STATUSES, type JobStatus } from '@penstock/domain';

const instant = { type: String, format: 'date-time' };
const nullableInstant = { ...instant, nullable: true };
const whole = { type: 'integer' as const };
const object = { type: 'object' as const, additionalProperties: true };

/** A job on the wire. Every timestamp is UTC and ends in Z. */
export class JobResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  job_id!: string;

  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String, nullable: true })
  user_id!: string | null;

  @ApiProperty({ type: String })
  job_type!: string;

  @ApiProperty({ type: String, enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty(instant)
  created_at!: string;

  /** Of its first call. */
  @ApiProperty(nullableInstant)
  started_at!: string | null;

  /** When it ended, however. */
  @ApiProperty(nullableInstant)
  completed_at!: string | null;

  @ApiProperty(object)
  metadata!: Record<string, unknown>;

  @ApiProperty({ type: String, nullable: true })
  error_message!: string | null;

  @ApiProperty({ type: String })
  organization_id!: string;

  /** Always null; older clients expect the member. */
  @ApiProperty({ type: String, nullable: true })
  external_task_id!: null;

  /** Whether it was charged. */
  @ApiProperty({ type: Boolean })
  credit_applied!: boolean;

  @ApiProperty(whole)
  credits_charged!: number;

  /** Models as they were asked for, in the order of their first use. */
  @ApiProperty({ type: [String] })
  model_groups_used!: string[];
}

/** Answer to `POST /api/jobs/create`. */
export class CreatedJobResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  job_id!: string;

  @ApiProperty({ type: String, enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty(instant)
  created_at!: string;
}

/** What a model said. Members of its message that are not listed are passed on too. */
export class ModelAnswer {
  @ApiProperty({ type: String, nullable: true })
  content!: string | null;

  @ApiProperty({ type: String, nullable: true })
  finish_reason!: string | null;

  @ApiProperty({ type: 'array', items: { type: 'object' }, required: false })
  tool_calls?: unknown;

  @ApiProperty({ type: String, required: false })
  refusal?: unknown;

  /** Where more than one was asked for: all of them, as the provider sent them. */
  @ApiProperty({ type: 'array', items: { type: 'object' }, required: false })
  choices?: unknown[];
}

/** What is said about a call. */
export class CallMetadata {
  @ApiProperty(whole)
  tokens_used!: number;

  @ApiProperty(whole)
  latency_ms!: number;

  /** As it was asked for. */
  @ApiProperty({ type: String })
  model!: string;

  /** The same under its older name. */
  @ApiProperty({ type: String })
  model_group!: string;
}

/** Answer to `POST /api/jobs/{id}/llm-call`. */
export class LlmCallResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  call_id!: string;

  @ApiProperty({ type: ModelAnswer })
  response!: ModelAnswer;

  @ApiProperty({ type: CallMetadata })
  metadata!: CallMetadata;
}

/** What a job came to. */
export class JobCosts {
  @ApiProperty(whole)
  total_calls!: number;

  @ApiProperty(whole)
  successful_calls!: number;

  @ApiProperty(whole)
  failed_calls!: number;

  @ApiProperty(whole)
  total_tokens!: number;

  /** What the client pays, in dollars. */
  @ApiProperty({ type: Number })
  total_cost_usd!: number;

  @ApiProperty(whole)
  avg_latency_ms!: number;

  /** Whether it was charged. */
  @ApiProperty({ type: Boolean })
  credit_applied!: boolean;

  @ApiProperty(whole)
  credits_charged!: number;

  /** What the team had available when the job ended, without what its other jobs hold. */
  @ApiProperty({ ...whole, nullable: true })
  credits_remaining!: number | null;
}

/** Answer to `POST /api/jobs/create-and-call`. */
export class CreateAndCallResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  job_id!: string;

  /** `completed`; `in_progress` while the account of the call is still on its way. */
  @ApiProperty({ type: String, enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty({ type: ModelAnswer })
  response!: ModelAnswer;

  @ApiProperty({ type: CallMetadata })
  metadata!: CallMetadata;

  @ApiProperty({ type: JobCosts })
  costs!: JobCosts;

  @ApiProperty(nullableInstant)
  completed_at!: string | null;
}

/** A call of an ended job. */
export class CompletedCall {
  @ApiProperty({ type: String, format: 'uuid' })
  call_id!: string;

  @ApiProperty({ type: String, nullable: true })
  purpose!: string | null;

  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String })
  model_group!: string;

  @ApiProperty(whole)
  tokens!: number;

  @ApiProperty({ ...whole, nullable: true })
  latency_ms!: number | null;

  @ApiProperty({ type: String, nullable: true })
  error!: string | null;
}

/** Answer to `POST /api/jobs/{id}/complete` and `cancel`; the same whenever it is asked for. */
export class EndedJobResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  job_id!: string;

  @ApiProperty({ type: String, enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty(nullableInstant)
  completed_at!: string | null;

  @ApiProperty({ type: JobCosts })
  costs!: JobCosts;

  @ApiProperty({ type: [CompletedCall] })
  calls!: CompletedCall[];
}

/** Answer to `PATCH /api/jobs/{id}/metadata`. */
export class JobMetadataResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  job_id!: string;

  @ApiProperty(object)
  metadata!: Record<string, unknown>;

  @ApiProperty(instant)
  updated_at!: string;
}

/** What one call cost the client. */
export class CallCost {
  @ApiProperty({ type: String, format: 'uuid' })
  call_id!: string;

  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: String, nullable: true })
  purpose!: string | null;

  @ApiProperty(whole)
  prompt_tokens!: number;

  @ApiProperty(whole)
  completion_tokens!: number;

  @ApiProperty({ type: Number })
  cost_usd!: number;

  @ApiProperty(instant)
  created_at!: string;
}

/** The calls of a job, and their sum. */
export class CostBreakdown {
  @ApiProperty({ type: Number })
  total_cost_usd!: number;

  @ApiProperty({ type: [CallCost] })
  breakdown!: CallCost[];
}

/** Answer to `GET /api/jobs/{id}/costs`. */
export class JobCostsResponse {
  @ApiProperty({ type: String, format: 'uuid' })
  job_id!: string;

  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String })
  job_type!: string;

  @ApiProperty({ type: String, enum: JOB_STATUSES })
  status!: JobStatus;

  @ApiProperty({ type: CostBreakdown })
  costs!: CostBreakdown;
}

/** Answer to `GET /api/teams/{id}/jobs`. */
export class TeamJobsResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  /** How many are in this answer. */
  @ApiProperty(whole)
  total!: number;

  @ApiProperty({ type: [JobResponse] })
  jobs!: JobResponse[];
}

/** Jobs of a period, and what they came to. */
export class UsageSummary {
  @ApiProperty(whole)
  total_jobs!: number;

  @ApiProperty(whole)
  successful_jobs!: number;

  @ApiProperty(whole)
  failed_jobs!: number;

  /** Rounded to cents. */
  @ApiProperty({ type: Number })
  total_cost_usd!: number;

  @ApiProperty(whole)
  total_tokens!: number;

  /** Rounded to hundredths of a cent. */
  @ApiProperty({ type: Number })
  avg_cost_per_job!: number;
}

/** Answer to `GET /api/teams/{id}/usage`. */
export class TeamUsageResponse {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty({ type: String })
  period!: string;

  @ApiProperty({ type: UsageSummary })
  summary!: UsageSummary;

  /** By type: `{ count, cost_usd }`. */
  @ApiProperty({
    type: 'object',
    additionalProperties: {
      type: 'object',
      properties: { count: { type: 'integer' }, cost_usd: { type: 'number' } },
      required: ['count', 'cost_usd'],
    },
  })
  job_types!: Record<string, { count: number; cost_usd: number }>;
}
