import { Injectable } from '@nestjs/common';
import { AppError, formatPercent, instantOf, uuidv7 } from '@penstock/domain';
import { PriceBookEntryEntity } from '@penstock/entities';
import { type Change, Changed, findDefaultMarkups, PolicyChanges } from '@penstock/management';
import { exactJsonNumber, type RequestContext } from '@penstock/platform';
import { DataSource } from 'typeorm';

import { EffectivePrices } from '../effective/effective-prices.js';
import type { EffectivePriceResponse } from '../effective/effective-price.response.js';
import { existing } from './existing-organization.js';
import { planSpan, planTerms } from './plan-price-book-entry.js';
import { toPriceBookEntryResponse } from './price-book.mapping.js';
import { PriceBookRepository } from './price-book.repository.js';
import type { CreatePriceBookEntryRequest, EffectivePriceQuery, PriceBookQuery } from './price-book.requests.js';
import type { PriceBookEntryResponse, PriceBookResponse } from './price-book.response.js';

/** Every key of the organization carries the live part of its book in its policy. */
const LIVE_ENTRIES_MAX = 1_000;
const PAGE_DEFAULT = 50;

/** Price books of organizations: append-only, and in force on every gateway with the next call. */
@Injectable()
export class PriceBookService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: PolicyChanges,
    private readonly books: PriceBookRepository,
    private readonly effective: EffectivePrices,
  ) {}

  async list(ctx: RequestContext, organizationId: string, query: PriceBookQuery): Promise<PriceBookResponse> {
    const { customerId } = existing(organizationId, await this.books.findOrganization(organizationId));
    const limit = query.limit ?? PAGE_DEFAULT;
    const now = new Date(ctx.nowMs);
    const [found, markups] = await Promise.all([
      this.books.list(customerId, now, {
        isWithHistory: query.history === 'true',
        kind: query.kind,
        beforeId: query.cursor,
        limit: limit + 1,
      }),
      findDefaultMarkups(this.dataSource.manager, [customerId], now),
    ]);
    const page = found.slice(0, limit);
    return {
      organization_id: organizationId,
      cost_markup_percentage: exactJsonNumber(formatPercent(markups.get(customerId) ?? 0)),
      entries: page.map(toPriceBookEntryResponse),
      next_cursor: found.length > limit ? (page.at(-1)?.entry.id ?? null) : null,
    };
  }

  async get(ctx: RequestContext, organizationId: string, entryId: string): Promise<PriceBookEntryResponse> {
    const { customerId } = existing(organizationId, await this.books.findOrganization(organizationId));
    return this.read(ctx, customerId, entryId);
  }

  /** What a client of the organization pays for a model, and what says so. */
  async effectivePrice(
    ctx: RequestContext,
    organizationId: string,
    { provider, model, at }: EffectivePriceQuery,
  ): Promise<EffectivePriceResponse> {
    const { customerId } = existing(organizationId, await this.books.findOrganization(organizationId));
    const book = await this.books.findBook(this.dataSource.manager, customerId);
    const atMs = at === undefined ? ctx.nowMs : instantOf(at).getTime();
    return this.effective.describe(book, { provider: provider.toLowerCase(), model }, atMs);
  }

  /** A change of a slot is a new version of it: nothing that calls were accounted with is touched. */
  async add(
    ctx: RequestContext,
    organizationId: string,
    request: CreatePriceBookEntryRequest,
  ): Promise<Changed<PriceBookEntryResponse>> {
    const id = uuidv7(ctx.nowMs);
    const changed = await this.changes.run(ctx, async (change) => {
      const terms = planTerms(request);
      const span = planSpan(request, change.now);
      const { customerId } = existing(organizationId, await this.books.lockOrganization(change.tx, organizationId));
      if ((await this.books.countLive(change.tx, customerId, change.now)) >= LIVE_ENTRIES_MAX) {
        throw new AppError('validation_failed', {
          detail: `The price book has ${LIVE_ENTRIES_MAX} entries in force or to come, and cannot have more. End some, or use entries for a whole provider.`,
        });
      }
      const slot = { tenantId: customerId, ...terms };
      const entry = Object.assign(new PriceBookEntryEntity(), {
        id,
        ...slot,
        ...span,
        organizationId,
        version: await this.books.nextVersion(change.tx, slot),
        reason: request.reason ?? null,
        createdAt: change.now,
        createdBy: ctx.actor.id,
        endedAt: null,
        endedBy: null,
      });
      await this.books.insert(change.tx, entry);
      announce(change, 'price_book_entry.created', null, entry);
      return customerId;
    });
    return new Changed(await this.read(ctx, changed.body, id), changed.isPropagated);
  }

  /** From now on. What has ended already, or never began, stays as it is. */
  async end(ctx: RequestContext, organizationId: string, entryId: string): Promise<Changed<PriceBookEntryResponse>> {
    const changed = await this.changes.run(ctx, async (change) => {
      const { customerId } = existing(organizationId, await this.books.lockOrganization(change.tx, organizationId));
      const before = await this.books.lockEntry(change.tx, customerId, entryId);
      if (before === null) throw entryNotFound(entryId);
      const isOver = before.effectiveUntil !== null && before.effectiveUntil <= change.now;
      if (before.endedAt === null && !isOver) {
        await this.books.end(change.tx, entryId, change.now, ctx.actor.id);
        const after = Object.assign(new PriceBookEntryEntity(), before, {
          endedAt: change.now,
          endedBy: ctx.actor.id,
        });
        announce(change, 'price_book_entry.ended', before, after);
      }
      return customerId;
    });
    return new Changed(await this.read(ctx, changed.body, entryId), changed.isPropagated);
  }

  private async read(ctx: RequestContext, tenantId: string, id: string): Promise<PriceBookEntryResponse> {
    const [found] = await this.books.list(tenantId, new Date(ctx.nowMs), { isWithHistory: true, id, limit: 1 });
    if (found === undefined) throw entryNotFound(id);
    return toPriceBookEntryResponse(found);
  }
}

function entryNotFound(id: string): AppError {
  return new AppError('not_found', { detail: `The price book has no entry '${id}'.` });
}

/** The organization's tenant alone: nobody else pays by its book. */
function announce(
  change: Change,
  action: string,
  before: PriceBookEntryEntity | null,
  after: PriceBookEntryEntity,
): void {
  change.touch(after.tenantId);
  change.audit({
    tenantId: after.tenantId,
    action,
    entityType: 'price_book_entry',
    entityId: after.id,
    before: before === null ? null : auditFacts(before),
    after: auditFacts(after),
  });
}

function auditFacts({ tenantId: _tenantId, seq: _seq, ...entry }: PriceBookEntryEntity): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
}
