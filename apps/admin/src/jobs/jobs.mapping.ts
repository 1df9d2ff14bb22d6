import type { JobCallEntity, JobEntity } from '@penstock/entities';

import type {
  CallCost,
  CompletedCall,
  EndedJobResponse,
  JobCosts,
  JobCostsResponse,
  JobResponse,
} from './jobs.responses.js';
import { dollarsOf, wholeOf } from './json-numbers.js';

export function toJobResponse(job: JobEntity): JobResponse {
  return {
    job_id: job.jobId,
    team_id: job.teamId,
    user_id: job.userId,
    job_type: job.jobType,
    status: job.status,
    created_at: job.createdAt.toISOString(),
    started_at: job.startedAt?.toISOString() ?? null,
    completed_at: job.endedAt?.toISOString() ?? null,
    metadata: job.metadata,
    error_message: job.errorMessage,
    organization_id: job.organizationId,
    external_task_id: null,
    credit_applied: job.creditsCharged > 0n,
    credits_charged: wholeOf(job.creditsCharged),
    model_groups_used: job.modelsUsed,
  };
}

export function toJobCosts(job: JobEntity): JobCosts {
  return {
    total_calls: job.calls,
    successful_calls: job.successfulCalls,
    failed_calls: job.failedCalls,
    total_tokens: wholeOf(job.tokens),
    total_cost_usd: dollarsOf(job.clientCostNanoUsd),
    avg_latency_ms: averageLatencyMs(job),
    credit_applied: job.creditsCharged > 0n,
    credits_charged: wholeOf(job.creditsCharged),
    credits_remaining: job.creditsRemaining === null ? null : wholeOf(job.creditsRemaining),
  };
}

/** Of the calls that are over. */
export function averageLatencyMs(job: Pick<JobEntity, 'latencyMs' | 'successfulCalls' | 'failedCalls'>): number {
  const ended = BigInt(job.successfulCalls + job.failedCalls);
  return ended === 0n ? 0 : wholeOf((job.latencyMs + ended / 2n) / ended);
}

export function toEndedJobResponse(job: JobEntity, calls: readonly JobCallEntity[]): EndedJobResponse {
  return {
    job_id: job.jobId,
    status: job.status,
    completed_at: job.endedAt?.toISOString() ?? null,
    costs: toJobCosts(job),
    calls: calls.map((call) => toCompletedCall(call)),
  };
}

export function toJobCostsResponse(job: JobEntity, calls: readonly JobCallEntity[]): JobCostsResponse {
  return {
    job_id: job.jobId,
    team_id: job.teamId,
    job_type: job.jobType,
    status: job.status,
    costs: {
      total_cost_usd: dollarsOf(job.clientCostNanoUsd),
      breakdown: calls.map((call) => toCallCost(call)),
    },
  };
}

function toCompletedCall(call: JobCallEntity): CompletedCall {
  return {
    call_id: call.callId,
    purpose: call.purpose,
    model: call.modelRequested,
    model_group: call.modelRequested,
    tokens: wholeOf(call.promptTokens + call.completionTokens),
    latency_ms: call.latencyMs,
    error: call.error,
  };
}

function toCallCost(call: JobCallEntity): CallCost {
  return {
    call_id: call.callId,
    model: call.modelRequested,
    purpose: call.purpose,
    prompt_tokens: wholeOf(call.promptTokens),
    completion_tokens: wholeOf(call.completionTokens),
    cost_usd: dollarsOf(call.clientCostNanoUsd),
    created_at: call.startedAt.toISOString(),
  };
}
