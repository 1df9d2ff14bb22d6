import type { JobCallEntity, JobEntity } from '@penstock/entities';

import { averageLatencyMs } from '../jobs.mapping.js';
import { dollarsOf, wholeOf } from '../json-numbers.js';
import type { JobSummary, MonitoredCall } from './monitoring.responses.js';

export function toJobSummary(job: JobEntity, retryCount: number): JobSummary {
  return {
    job_id: job.jobId,
    team_id: job.teamId,
    user_id: job.userId,
    job_type: job.jobType,
    status: job.status,
    created_at: job.createdAt.toISOString(),
    completed_at: job.endedAt?.toISOString() ?? null,
    total_calls: job.calls,
    successful_calls: job.successfulCalls,
    failed_calls: job.failedCalls,
    retry_count: retryCount,
    total_tokens: wholeOf(job.tokens),
    total_cost_usd: dollarsOf(job.clientCostNanoUsd),
    avg_latency_ms: averageLatencyMs(job),
    credit_applied: job.creditsCharged > 0n,
    credits_charged: wholeOf(job.creditsCharged),
    job_metadata: job.metadata,
  };
}

export function toMonitoredCall(call: JobCallEntity): MonitoredCall {
  return {
    call_id: call.callId,
    model_used: call.modelUsed === null ? null : `${call.provider ?? ''}/${call.modelUsed}`,
    model_group_used: call.modelRequested,
    purpose: call.purpose,
    prompt_tokens: wholeOf(call.promptTokens),
    completion_tokens: wholeOf(call.completionTokens),
    total_tokens: wholeOf(call.promptTokens + call.completionTokens),
    cost_usd: dollarsOf(call.clientCostNanoUsd),
    provider_cost_usd: dollarsOf(call.costNanoUsd),
    attempts: call.attempts,
    latency_ms: call.latencyMs,
    created_at: call.startedAt.toISOString(),
    error: call.error,
    request_data: null,
    response_data: null,
  };
}
