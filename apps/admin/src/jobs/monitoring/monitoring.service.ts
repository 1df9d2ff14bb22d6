import { Injectable } from '@nestjs/common';
import { AppError, JOB_STATUSES, type JobStatus } from '@penstock/domain';
import type { JobEntity, OrganizationEntity } from '@penstock/entities';

import { JobsRepository } from '../jobs.repository.js';
import { dollarsOf, wholeOf } from '../json-numbers.js';
import { toJobSummary, toMonitoredCall } from './monitoring.mapping.js';
import { type JobSums, MonitoringRepository, type UsageSums } from './monitoring.repository.js';
import type { DatesQuery, MonitoredJobsQuery } from './monitoring.requests.js';
import type {
  JobPage,
  MonitoredJob,
  OrganizationAnalytics,
  OrganizationJobStats,
  TeamSpend,
} from './monitoring.responses.js';
import { readReportDates } from './report-dates.js';

const PAGE_SIZE_DEFAULT = 20;
/** Of teams and models in a report. */
const TOP = 10;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Jobs as operators watch them, and reports about organizations. */
@Injectable()
export class MonitoringService {
  constructor(
    private readonly repository: MonitoringRepository,
    private readonly jobs: JobsRepository,
  ) {}

  async page(teamId: string, query: MonitoredJobsQuery): Promise<JobPage> {
    await this.requireTeam(teamId);
    const { page = 1, page_size: pageSize = PAGE_SIZE_DEFAULT } = query;
    const [jobs, total] = await this.repository.page({
      teamId,
      status: readStatus(query.status),
      jobType: textFilter(query.job_type),
      idPart: textFilter(query.job_id_filter)?.toLowerCase(),
      dates: readReportDates(query.start_date, query.end_date),
      limit: pageSize,
      offset: (page - 1) * pageSize,
    });
    const retries = await this.repository.countRetries(jobs.map(({ jobId }) => jobId));
    return {
      jobs: jobs.map((job) => toJobSummary(job, retries.get(job.jobId) ?? 0)),
      total,
      page,
      page_size: pageSize,
      total_pages: Math.ceil(total / pageSize),
    };
  }

  async get(teamId: string, jobId: string): Promise<MonitoredJob> {
    if (!UUID.test(jobId)) throw new AppError('request_invalid', { detail: 'The id of a job is a UUID.' });
    await this.requireTeam(teamId);
    const job = await this.repository.findJob(teamId, jobId.toLowerCase());
    if (job === null) throw notFound('The job');
    const calls = await this.jobs.findCalls(job.jobId);
    const retries = await this.retriesOf(job);
    return { job: toJobSummary(job, retries), calls: calls.map((call) => toMonitoredCall(call)) };
  }

  async stats(organizationId: string, query: DatesQuery): Promise<OrganizationJobStats> {
    const dates = readReportDates(query.start_date, query.end_date);
    const organization = await this.requireOrganization(organizationId);
    const [teams, usage, teamCount] = await Promise.all([
      this.repository.sumJobs(organization.customerId, dates),
      this.repository.sumUsage(organization.customerId, dates, 'team'),
      this.repository.countTeams(organizationId),
    ]);
    const sum = (name: keyof JobSums): bigint => teams.reduce((total, team) => total + BigInt(team[name]), 0n);
    const creditsOfCalls = new Map(usage.map(({ name, credits }) => [name, BigInt(credits)]));
    const ended = sum('completed') + sum('failed') + sum('cancelled');
    return {
      organization_id: organizationId,
      organization_name: organization.name,
      total_jobs: wholeOf(sum('jobs')),
      completed_jobs: wholeOf(sum('completed')),
      failed_jobs: wholeOf(sum('failed')),
      cancelled_jobs: wholeOf(sum('cancelled')),
      in_progress_jobs: wholeOf(sum('jobs') - ended),
      total_teams: teamCount,
      total_llm_calls: wholeOf(sum('calls')),
      successful_calls: wholeOf(sum('successfulCalls')),
      failed_calls: wholeOf(sum('failedCalls')),
      total_tokens: wholeOf(sum('tokens')),
      total_cost_usd: dollarsOf(sum('cost')),
      total_credits_used: wholeOf([...creditsOfCalls.values()].reduce((total, one) => total + one, sum('credits'))),
      top_teams: teams.slice(0, TOP).map(({ teamId, jobs, credits }) => ({
        team_id: teamId,
        job_count: wholeOf(BigInt(jobs)),
        credits_used: wholeOf(BigInt(credits) + (creditsOfCalls.get(teamId) ?? 0n)),
      })),
    };
  }

  async analytics(organizationId: string, query: DatesQuery): Promise<OrganizationAnalytics> {
    const dates = readReportDates(query.start_date, query.end_date);
    const organization = await this.requireOrganization(organizationId);
    const { customerId } = organization;
    const [days, teams, models, providers, jobs] = await Promise.all([
      this.repository.sumUsage(customerId, dates, 'day'),
      this.repository.sumUsage(customerId, dates, 'team'),
      this.repository.sumUsage(customerId, dates, 'model'),
      this.repository.sumUsage(customerId, dates, 'provider'),
      this.repository.sumJobs(customerId, dates),
    ]);
    const unserved = new Map(jobs.map(({ teamId, unservedCalls }) => [teamId, BigInt(unservedCalls)]));
    const failed = [...unserved.values()].reduce((total, one) => total + one, 0n);
    const sum = (name: 'calls' | 'tokens' | 'cost'): bigint => days.reduce((all, day) => all + BigInt(day[name]), 0n);
    return {
      organization_id: organizationId,
      organization_name: organization.name,
      total_spend: dollarsOf(sum('cost')),
      total_requests: wholeOf(sum('calls') + failed),
      successful_requests: wholeOf(sum('calls')),
      failed_requests: wholeOf(failed),
      total_tokens: wholeOf(sum('tokens')),
      daily_spend: days.map(({ name, cost }) => ({ date: name ?? '', spend: dollarsOf(BigInt(cost)) })),
      spend_per_team: spendPerTeam(teams, unserved).slice(0, TOP),
      top_models: models.slice(0, TOP).map(({ name, cost, calls }) => ({
        model: name ?? '',
        spend: dollarsOf(BigInt(cost)),
        count: wholeOf(BigInt(calls)),
      })),
      provider_usage: [
        ...providers.map(({ name, cost, calls, tokens }) => ({
          provider: name ?? '',
          spend: dollarsOf(BigInt(cost)),
          successful: wholeOf(BigInt(calls)),
          failed: 0,
          tokens: wholeOf(BigInt(tokens)),
        })),
        ...(failed === 0n ? [] : [{ provider: 'none', spend: 0, successful: 0, failed: wholeOf(failed), tokens: 0 }]),
      ],
    };
  }

  private async retriesOf({ jobId }: JobEntity): Promise<number> {
    return (await this.repository.countRetries([jobId])).get(jobId) ?? 0;
  }

  private async requireTeam(teamId: string): Promise<void> {
    // PostgreSQL's text has no NUL: such an id can name nothing.
    if (teamId.includes('\0') || !(await this.repository.hasTeam(teamId))) throw notFound(`Team '${teamId}'`);
  }

  private async requireOrganization(organizationId: string): Promise<OrganizationEntity> {
    const found = organizationId.includes('\0') ? null : await this.repository.findOrganization(organizationId);
    if (found === null) throw notFound(`Organization '${organizationId}'`);
    return found;
  }
}

/** Teams that only failed are teams too. */
function spendPerTeam(teams: readonly UsageSums[], unserved: ReadonlyMap<string, bigint>): TeamSpend[] {
  const spending = teams.map(({ name, cost, calls, tokens }) => ({
    team_id: name,
    spend: dollarsOf(BigInt(cost)),
    successful: wholeOf(BigInt(calls)),
    failed: wholeOf(name === null ? 0n : (unserved.get(name) ?? 0n)),
    tokens: wholeOf(BigInt(tokens)),
  }));
  const known = new Set(teams.map(({ name }) => name));
  const others = [...unserved]
    .filter(([teamId, failed]) => failed > 0n && !known.has(teamId))
    .map(([teamId, failed]) => ({ team_id: teamId, spend: 0, successful: 0, failed: wholeOf(failed), tokens: 0 }));
  return [...spending, ...others];
}

/** Empty is no filter; what PostgreSQL cannot hold matches nothing, which a text without it does as well. */
function textFilter(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text.replaceAll('\0', '\uFFFD').toWellFormed();
}

function readStatus(text: string | undefined): JobStatus | undefined {
  if (text === undefined || text === '') return undefined;
  const status = JOB_STATUSES.find((one) => one === text.toLowerCase());
  if (status !== undefined) return status;
  throw new AppError('request_invalid', { detail: `status must be one of ${JOB_STATUSES.join(', ')}.` });
}

function notFound(what: string): AppError {
  return new AppError('not_found', { detail: `${what} was not found.` });
}
