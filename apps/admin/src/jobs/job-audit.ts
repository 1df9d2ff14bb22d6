import { uuidv7 } from '@penstock/domain';
import { appendAudit, type JobEntity } from '@penstock/entities';
import type { RequestContext } from '@penstock/platform';
import type { EntityManager } from 'typeorm';

/** Says in the tenant's chain that a job was created, or that it was taken back because its credits were not there. */
export async function auditJob(
  tx: EntityManager,
  ctx: RequestContext,
  job: JobEntity,
  action: 'job.created' | 'job.create_refused',
): Promise<void> {
  const facts = { team_id: job.teamId, job_type: job.jobType, user_id: job.userId };
  await appendAudit(tx, {
    id: uuidv7(ctx.nowMs),
    tenantId: job.tenantId,
    occurredAt: new Date(ctx.nowMs),
    actorType: ctx.actor.kind,
    actorId: ctx.actor.id,
    action,
    entityType: 'job',
    entityId: job.jobId,
    before: action === 'job.created' ? null : facts,
    after: action === 'job.created' ? facts : null,
    ip: ctx.ip,
    userAgent: ctx.userAgent,
    requestId: ctx.requestId,
  });
}
