import { ApiProperty } from '@nestjs/swagger';
import { JOB_STATUSES, type JobStatus } from '@penstock/domain';

const instant = { type: String, format: 'date-time' };
const whole = { type: 'integer' as const };
const object = { type: 'object' as const, additionalProperties: true };

/** A job as operators see it. */
export class JobSummary {
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

  @ApiProperty({ ...instant, nullable: true })
  completed_at!: string | null;

  @ApiProperty(whole)
  total_calls!: number;

  @ApiProperty(whole)
  successful_calls!: number;

  @ApiProperty(whole)
  failed_calls!: number;

  /** Calls beyond the first of each purpose. */
  @ApiProperty(whole)
  retry_count!: number;

  @ApiProperty(whole)
  total_tokens!: number;

  /** What the client pays. */
  @ApiProperty({ type: Number })
  total_cost_usd!: number;

  @ApiProperty(whole)
  avg_latency_ms!: number;

  @ApiProperty({ type: Boolean })
  credit_applied!: boolean;

  @ApiProperty(whole)
  credits_charged!: number;

  @ApiProperty(object)
  job_metadata!: Record<string, unknown>;
}

/** Answer to `GET /api/jobs/teams/{team_id}`. */
export class JobPage {
  @ApiProperty({ type: [JobSummary] })
  jobs!: JobSummary[];

  /** On all pages. */
  @ApiProperty(whole)
  total!: number;

  @ApiProperty(whole)
  page!: number;

  @ApiProperty(whole)
  page_size!: number;

  @ApiProperty(whole)
  total_pages!: number;
}

/** A call as operators see it. */
export class MonitoredCall {
  @ApiProperty({ type: String, format: 'uuid' })
  call_id!: string;

  /** Provider and model that served it; null when none did. */
  @ApiProperty({ type: String, nullable: true })
  model_used!: string | null;

  /** What was asked for. */
  @ApiProperty({ type: String })
  model_group_used!: string;

  @ApiProperty({ type: String, nullable: true })
  purpose!: string | null;

  @ApiProperty(whole)
  prompt_tokens!: number;

  @ApiProperty(whole)
  completion_tokens!: number;

  @ApiProperty(whole)
  total_tokens!: number;

  /** What the client pays. */
  @ApiProperty({ type: Number })
  cost_usd!: number;

  /** What the providers bill. */
  @ApiProperty({ type: Number })
  provider_cost_usd!: number;

  /** Upstream calls that were accounted: more than one after a fallback. */
  @ApiProperty(whole)
  attempts!: number;

  @ApiProperty({ ...whole, nullable: true })
  latency_ms!: number | null;

  @ApiProperty(instant)
  created_at!: string;

  @ApiProperty({ type: String, nullable: true })
  error!: string | null;

  /** Always null: prompts are not kept. */
  @ApiProperty({ ...object, nullable: true })
  request_data!: null;

  /** Always null: answers are not kept. */
  @ApiProperty({ ...object, nullable: true })
  response_data!: null;
}

/** Answer to `GET /api/jobs/teams/{team_id}/{job_id}`. */
export class MonitoredJob {
  @ApiProperty({ type: JobSummary })
  job!: JobSummary;

  @ApiProperty({ type: [MonitoredCall] })
  calls!: MonitoredCall[];
}

/** A team among those with the most jobs. */
export class TopTeam {
  @ApiProperty({ type: String })
  team_id!: string;

  @ApiProperty(whole)
  job_count!: number;

  /** By jobs and by calls without one. */
  @ApiProperty(whole)
  credits_used!: number;
}

/** Answer to `GET /api/jobs/organizations/{id}/stats`. */
export class OrganizationJobStats {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String })
  organization_name!: string;

  @ApiProperty(whole)
  total_jobs!: number;

  @ApiProperty(whole)
  completed_jobs!: number;

  @ApiProperty(whole)
  failed_jobs!: number;

  @ApiProperty(whole)
  cancelled_jobs!: number;

  /** Not ended: pending ones too. */
  @ApiProperty(whole)
  in_progress_jobs!: number;

  /** Teams of the organization now. */
  @ApiProperty(whole)
  total_teams!: number;

  @ApiProperty(whole)
  total_llm_calls!: number;

  @ApiProperty(whole)
  successful_calls!: number;

  @ApiProperty(whole)
  failed_calls!: number;

  @ApiProperty(whole)
  total_tokens!: number;

  @ApiProperty({ type: Number })
  total_cost_usd!: number;

  /** By jobs and by calls without one, of these days. */
  @ApiProperty(whole)
  total_credits_used!: number;

  /** Ten at most, most jobs first. */
  @ApiProperty({ type: [TopTeam] })
  top_teams!: TopTeam[];
}

/** What a day cost. */
export class DailySpend {
  @ApiProperty({ type: String, format: 'date' })
  date!: string;

  @ApiProperty({ type: Number })
  spend!: number;
}

/** What a team spent. */
export class TeamSpend {
  @ApiProperty({ type: String, nullable: true, description: 'Null: keys without a team.' })
  team_id!: string | null;

  @ApiProperty({ type: Number })
  spend!: number;

  @ApiProperty(whole)
  successful!: number;

  @ApiProperty(whole)
  failed!: number;

  @ApiProperty(whole)
  tokens!: number;
}

/** What a model cost. */
export class ModelSpend {
  /** `provider/model`. */
  @ApiProperty({ type: String })
  model!: string;

  @ApiProperty({ type: Number })
  spend!: number;

  @ApiProperty(whole)
  count!: number;
}

/** What a provider cost. */
export class ProviderUsage {
  /** `none` stands for the calls of jobs that no provider served. */
  @ApiProperty({ type: String })
  provider!: string;

  @ApiProperty({ type: Number })
  spend!: number;

  @ApiProperty(whole)
  successful!: number;

  @ApiProperty(whole)
  failed!: number;

  @ApiProperty(whole)
  tokens!: number;
}

/** Answer to `GET /api/jobs/organizations/{id}/analytics`: every call of the organization, with a job or without. */
export class OrganizationAnalytics {
  @ApiProperty({ type: String })
  organization_id!: string;

  @ApiProperty({ type: String })
  organization_name!: string;

  /** What the client pays. */
  @ApiProperty({ type: Number })
  total_spend!: number;

  @ApiProperty(whole)
  total_requests!: number;

  /** Calls that were served and accounted. */
  @ApiProperty(whole)
  successful_requests!: number;

  /** Calls of jobs that no provider served. */
  @ApiProperty(whole)
  failed_requests!: number;

  @ApiProperty(whole)
  total_tokens!: number;

  @ApiProperty({ type: [DailySpend] })
  daily_spend!: DailySpend[];

  /** Ten at most, most expensive first. */
  @ApiProperty({ type: [TeamSpend] })
  spend_per_team!: TeamSpend[];

  /** Ten at most, most expensive first. */
  @ApiProperty({ type: [ModelSpend] })
  top_models!: ModelSpend[];

  @ApiProperty({ type: [ProviderUsage] })
  provider_usage!: ProviderUsage[];
}
