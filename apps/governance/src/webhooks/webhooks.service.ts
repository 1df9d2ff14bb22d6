import { Injectable } from '@nestjs/common';
import { AppError, uuidv7 } from '@penstock/domain';
import { WebhookEntity } from '@penstock/entities';
import { type Change, Changed, nextTimestamp, PolicyChanges } from '@penstock/management';
import {
  AddressPolicy,
  checkOutboundUrl,
  mayReveal,
  mintWebhookSecret,
  SecretBox,
  type RequestContext,
} from '@penstock/platform';
import type { EntityManager } from 'typeorm';

import { notFound } from '../http/not-found.js';
import { type WebhookOwner, WebhookOwners } from './webhook-owners.js';
import { toMaskedWebhookResponse, toWebhookResponse, type WebhookResponse } from './webhook.response.js';
import { type WebhookFilter, WebhooksRepository } from './webhooks.repository.js';
import type { CreateWebhookRequest, UpdateWebhookRequest } from './webhooks.requests.js';

/** Webhooks of one customer or team; each alert goes to all of them. */
const WEBHOOKS_MAX = 100;

/** A webhook together with the secret that was just made for it. */
export interface WebhookWithSecret {
  readonly webhook: WebhookResponse;
  readonly secret: string;
}

/** Registers, changes and removes webhooks. No policy depends on them, so no epoch is raised. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly webhooks: WebhooksRepository,
    private readonly changes: PolicyChanges,
    private readonly owners: WebhookOwners,
    private readonly addresses: AddressPolicy,
    private readonly box: SecretBox,
  ) {}

  async list(ctx: RequestContext, filter: WebhookFilter): Promise<WebhookResponse[]> {
    return (await this.webhooks.list(filter)).map(viewFor(ctx));
  }

  async get(ctx: RequestContext, id: string): Promise<WebhookResponse> {
    const row = await this.webhooks.findById(id);
    if (row === null) throw notFound('The webhook');
    return viewFor(ctx)(row);
  }

  async create(ctx: RequestContext, request: CreateWebhookRequest): Promise<Changed<WebhookWithSecret>> {
    const url = this.acceptedUrl(request.url);
    const id = uuidv7(ctx.nowMs);
    const { secret, columns } = this.newSecret(id);
    return this.changes.run(ctx, async (change) => {
      const owner = await this.owners.named(change.tx, request);
      if (owner === undefined) {
        throw new AppError('validation_failed', { detail: 'Give customer_id, or team_id of a team without customer.' });
      }
      await this.refuseTooMany(change.tx, owner);
      const row = Object.assign(new WebhookEntity(), {
        id,
        ...owner,
        url,
        description: request.description ?? null,
        ...columns,
        isActive: request.is_active ?? true,
        createdAt: change.now,
        updatedAt: change.now,
      });
      await this.webhooks.insert(change.tx, row);
      audit(change, 'webhook.created', null, row);
      return { webhook: toWebhookResponse(row), secret };
    });
  }

  async update(ctx: RequestContext, id: string, request: UpdateWebhookRequest): Promise<Changed<WebhookResponse>> {
    const url = typeof request.url === 'string' ? this.acceptedUrl(request.url) : undefined;
    return this.changes.run(ctx, async (change) => {
      const before = await this.lock(change.tx, id);
      const after = Object.assign(new WebhookEntity(), before, await this.owners.named(change.tx, request), {
        url: url ?? before.url,
        description: request.description ?? before.description,
        isActive: request.is_active ?? before.isActive,
      });
      if (isSame(before, after)) return toWebhookResponse(before);
      after.updatedAt = nextTimestamp(before.updatedAt, change.now);
      await this.webhooks.update(change.tx, after);
      audit(change, 'webhook.updated', before, after);
      if (tenantOfWebhook(before) !== tenantOfWebhook(after)) {
        // What it was still to hear of its former tenant is not for the new one's receiver.
        await this.webhooks.deleteUndelivered(change.tx, id);
        change.auditLeaving(tenantOfWebhook(before), 'webhook', id, toAuditWebhook(before));
      }
      return toWebhookResponse(after);
    });
  }

  /** From the commit on every attempt is signed with the new secret; the old one is gone. */
  async rotateSecret(ctx: RequestContext, id: string): Promise<Changed<WebhookWithSecret>> {
    const { secret, columns } = this.newSecret(id);
    return this.changes.run(ctx, async (change) => {
      const before = await this.lock(change.tx, id);
      const updatedAt = nextTimestamp(before.updatedAt, change.now);
      const after = Object.assign(new WebhookEntity(), before, columns, { updatedAt });
      await this.webhooks.update(change.tx, after);
      audit(change, 'webhook.secret_rotated', before, after);
      return { webhook: toWebhookResponse(after), secret };
    });
  }

  /** What waits for it goes with it. */
  async delete(ctx: RequestContext, id: string): Promise<Changed<void>> {
    return this.changes.run(ctx, async (change) => {
      const before = await this.lock(change.tx, id);
      await this.webhooks.delete(change.tx, id);
      audit(change, 'webhook.deleted', before, null);
    });
  }

  private acceptedUrl(text: string): string {
    const checked = checkOutboundUrl(text, this.addresses);
    if ('reason' in checked) throw new AppError('validation_failed', { detail: `url ${checked.reason}.` });
    return checked.url.href;
  }

  private newSecret(id: string): {
    readonly secret: string;
    readonly columns: Pick<WebhookEntity, 'secretCiphertext' | 'secretKeyVersion'>;
  } {
    const secret = mintWebhookSecret();
    const { ciphertext, keyVersion } = this.box.encrypt(secret, id);
    return { secret, columns: { secretCiphertext: ciphertext, secretKeyVersion: keyVersion } };
  }

  private async refuseTooMany(tx: EntityManager, owner: WebhookOwner): Promise<void> {
    const { customerId, teamId } = owner;
    const where = customerId === null ? { teamId: teamId ?? '' } : { customerId };
    if ((await tx.getRepository(WebhookEntity).countBy(where)) < WEBHOOKS_MAX) return;
    throw new AppError('validation_failed', { detail: `There are ${WEBHOOKS_MAX} webhooks here, which is the most.` });
  }

  private async lock(tx: EntityManager, id: string): Promise<WebhookEntity> {
    const row = await this.webhooks.lockById(tx, id);
    if (row === null) throw notFound('The webhook');
    return row;
  }
}

/** The URL of a chat's incoming webhook is its credential: who may not see values of keys does not see it either. */
function viewFor(ctx: RequestContext): (row: WebhookEntity) => WebhookResponse {
  return mayReveal(ctx) ? toWebhookResponse : toMaskedWebhookResponse;
}

function isSame(before: WebhookEntity, after: WebhookEntity): boolean {
  const fields = ['customerId', 'teamId', 'url', 'description', 'isActive'] as const;
  return fields.every((field) => before[field] === after[field]);
}

/** The tenant that a webhook hears of, in whose audit chain its changes stand. */
export function tenantOfWebhook(row: Pick<WebhookEntity, 'customerId' | 'teamId'>): string {
  const tenantId = row.customerId ?? row.teamId;
  if (tenantId === null) throw new Error('A webhook without owner cannot be: the table forbids it.');
  return tenantId;
}

function audit(change: Change, action: string, before: WebhookEntity | null, after: WebhookEntity | null): void {
  const row = after ?? before;
  if (row === null) return;
  change.audit({
    tenantId: tenantOfWebhook(row),
    action,
    entityType: 'webhook',
    entityId: row.id,
    before: before === null ? null : toAuditWebhook(before),
    after: after === null ? null : toAuditWebhook(after),
  });
}

/** Many receivers take a token in the query of their URL. */
function toAuditWebhook(row: WebhookEntity): Record<string, unknown> {
  const url = new URL(row.url);
  if (url.search !== '') url.search = '?[redacted]';
  return { ...toWebhookResponse(row), url: url.href, secret: '[redacted]' };
}
