import { Inject, Injectable } from '@nestjs/common';
import { uuidv7 } from '@penstock/domain';
import {
  CREDIT_HOLDS_CLOSED,
  type CreditHoldsClosedPayload,
  POLICY_INVALIDATED,
  type PolicyInvalidatedPayload,
} from '@penstock/dto';
import { appendAudit, appendOutbox, raiseEveryTenantEpoch, raiseTenantEpoch } from '@penstock/entities';
import { LOGGER, type Logger, PolicyDelivery, type RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { isDeadlock } from './database-errors.js';
import { carryOversOf, Change } from './change.js';
import { Changed } from './changed.js';
import { Turns } from './turns.js';
import { findUpstreamCarryOvers } from './upstream-carry-overs.js';

const ATTEMPTS_MAX = 3;
/** A price concerns every tenant; more at once would only wait in Redis' queue past their deadline. */
const DELIVERIES_AT_ONCE = 200;

type OutboxEntry = { readonly id: string } & (
  | { readonly type: typeof POLICY_INVALIDATED; readonly payload: PolicyInvalidatedPayload }
  | { readonly type: typeof CREDIT_HOLDS_CLOSED; readonly payload: CreditHoldsClosedPayload }
);

/** Every mutation of a policy goes through here: one transaction, then one attempt to tell the gateways. */
@Injectable()
export class PolicyChanges {
  private readonly turns = new Turns();

  constructor(
    private readonly dataSource: DataSource,
    private readonly delivery: PolicyDelivery,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Runs a use case in one transaction that also holds its audit entries, the raised epochs and the outbox
   * messages: either all of it is committed or nothing. A use case that touches no tenant changes no policy: it
   * raises no epoch and announces nothing, and what it audits is written all the same.
   *
   * @param turn what many requests at once may contend for, such as an account: those of this process that name the
   *   same begin one after another, and do not wait for each other with a connection each.
   */
  async run<T>(ctx: RequestContext, useCase: (change: Change) => Promise<T>, turn?: string): Promise<Changed<T>> {
    const transact = (): Promise<{ result: T; messages: OutboxEntry[] }> => this.transact(ctx, useCase);
    const { result, messages } = await (turn === undefined ? transact() : this.turns.run(turn, transact));
    return new Changed(result, await this.deliver(messages));
  }

  private async transact<T>(
    ctx: RequestContext,
    useCase: (change: Change) => Promise<T>,
    attempt = 1,
  ): Promise<{ result: T; messages: OutboxEntry[] }> {
    try {
      return await this.dataSource.transaction(async (tx) => {
        const change = new Change(tx, new Date(ctx.nowMs));
        const result = await useCase(change);
        const messages = await this.announce(change);
        await this.record(ctx, change);
        return { result, messages };
      });
    } catch (error) {
      // A key and its team changed at once may lock each other's rows; nothing of the loser was written.
      if (attempt >= ATTEMPTS_MAX || !isDeadlock(error)) throw error;
      return this.transact(ctx, useCase, attempt + 1);
    }
  }

  /** Raises the epochs in ascending order of id, which keeps concurrent changes of several tenants from deadlock. */
  private async announce(change: Change): Promise<OutboxEntry[]> {
    const epochs = change.doesTouchEveryTenant ? await raiseEveryTenantEpoch(change.tx) : new Map<string, number>();
    for (const tenantId of [...change.touched.keys()].toSorted()) {
      if (!epochs.has(tenantId)) epochs.set(tenantId, await raiseTenantEpoch(change.tx, tenantId));
    }
    const messages: OutboxEntry[] = [];
    for (const [tenantId, epoch] of epochs) {
      const { keyHashes = [], moves = [] } = change.touched.get(tenantId) ?? {};
      const payload: PolicyInvalidatedPayload = {
        schemaVersion: 1,
        tenantId,
        epoch,
        keyHashes: [...keyHashes],
        carryOvers: [...(await findUpstreamCarryOvers(change.tx, moves)), ...carryOversOf(moves, epochs)],
      };
      messages.push({ id: uuidv7(change.now.getTime()), type: POLICY_INVALIDATED, payload });
    }
    for (const [tenantId, holds] of change.closedHolds) {
      const payload = { schemaVersion: 1 as const, tenantId, epoch: epochs.get(tenantId) ?? null, holds };
      messages.push({ id: uuidv7(change.now.getTime()), type: CREDIT_HOLDS_CLOSED, payload });
    }
    await appendOutbox(
      change.tx,
      messages.map(({ id, type, payload }) => ({
        id,
        type,
        tenantId: payload.tenantId,
        payload: { ...payload },
        createdAt: change.now,
      })),
    );
    return messages;
  }

  private async record(ctx: RequestContext, change: Change): Promise<void> {
    for (const line of change.auditLines) {
      await appendAudit(change.tx, {
        ...line,
        id: uuidv7(change.now.getTime()),
        occurredAt: change.now,
        actorType: ctx.actor.kind,
        actorId: ctx.actor.id,
        ip: ctx.ip,
        userAgent: ctx.userAgent,
        requestId: ctx.requestId,
      });
    }
  }

  private deliverOne(message: OutboxEntry): Promise<void> {
    return message.type === POLICY_INVALIDATED
      ? this.delivery.deliver(message.payload)
      : this.delivery.closeCreditHolds(message.payload);
  }

  /** False when Redis could not be told; the messages then stay in the outbox for the relay. */
  private async deliver(messages: readonly OutboxEntry[]): Promise<boolean> {
    if (messages.length === 0) return true;
    try {
      for (let start = 0; start < messages.length; start += DELIVERIES_AT_ONCE) {
        const chunk = messages.slice(start, start + DELIVERIES_AT_ONCE);
        await Promise.all(chunk.map((message) => this.deliverOne(message)));
      }
    } catch (error) {
      this.logger.warn({ err: error, messages: messages.length }, 'policy change is committed but not announced yet');
      return false;
    }
    try {
      await this.dataSource.query('UPDATE governance.outbox_messages SET delivered_at = now() WHERE id = ANY($1)', [
        messages.map(({ id }) => id),
      ]);
    } catch (error) {
      // Delivered all the same: the relay will only do it once more.
      this.logger.warn({ err: error }, 'outbox messages could not be marked as delivered');
    }
    return true;
  }
}
