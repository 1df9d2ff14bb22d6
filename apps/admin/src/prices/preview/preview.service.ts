import { Injectable } from '@nestjs/common';
import { AppError, instantOf, parsePercent } from '@penstock/domain';
import { toPriceTexts } from '@penstock/management';
import type { RequestContext } from '@penstock/platform';
import { DataSource, type EntityManager } from 'typeorm';

import { existing } from '../book/existing-organization.js';
import { planTerms } from '../book/plan-price-book-entry.js';
import { PriceBookRepository } from '../book/price-book.repository.js';
import { PriceOverridesRepository } from '../price-overrides.repository.js';
import { bookWithDrafts, type Draft, type PeriodMs, planPreview, type UsageGroup } from './plan-preview.js';
import { toPreviewResponse } from './preview.mapping.js';
import type { DraftEntryRequest, PreviewRequest } from './preview.requests.js';
import type { PreviewResponse } from './preview.response.js';
import { COUNT_CALLS, FIND_GROUPS, PREVIEW_COSTS } from './preview.sql.js';

/** More would keep a connection busy for longer than a caller waits: see docs/prices.md for what was measured. */
const CALLS_MAX = 500_000;
/** What is kept in memory is by model, price and alias, and by entries of the book: not by call. */
const GROUPS_MAX = 10_000;
const TERMS_MAX = 50_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Each takes a connection of the few. */
const AT_ONCE_MAX = 2;

/** The sums of one model, decimal integers; money in nano-dollars. */
export interface ModelSumsRow {
  readonly provider: string;
  readonly model: string;
  readonly calls: string;
  readonly cost: string;
  readonly paid: string;
  readonly preview: string;
  readonly unpriced: string;
  readonly rescaled: string;
}

/** What usage of the past would have cost under another price book. Changes nothing. */
@Injectable()
export class PreviewService {
  private running = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly books: PriceBookRepository,
    private readonly overrides: PriceOverridesRepository,
  ) {}

  async preview(ctx: RequestContext, organizationId: string, request: PreviewRequest): Promise<PreviewResponse> {
    const period = periodOf(request, ctx.nowMs);
    const drafts = (request.entries ?? []).map((entry, index) => toDraft(entry, `entries.${index}.`));
    const { customerId } = existing(organizationId, await this.books.findOrganization(organizationId));
    const sums = await this.alone(() => this.compute(customerId, request, drafts, period));
    return toPreviewResponse(organizationId, period, sums, request);
  }

  /** One consistent read: calls that are accounted meanwhile are in all of it or in nothing. */
  private compute(
    tenantId: string,
    request: PreviewRequest,
    drafts: readonly Draft[],
    period: PeriodMs,
  ): Promise<ModelSumsRow[]> {
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      await tx.query(`SET TRANSACTION READ ONLY`);
      await tx.query(`SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
      // The planner takes terms and prices for a handful of rows: it would go through all of them for every call, and
      // sort the calls. Hash tables do neither.
      await tx.query('SET LOCAL enable_nestloop = off');
      await tx.query('SET LOCAL enable_sort = off');
      const scope = [request.provider?.toLowerCase() ?? null, request.model ?? null];
      await refuseTooMany(tx, tenantId, period, scope);
      const calls = [tenantId, period.fromMs, period.untilMs, ...scope];
      const groups: UsageGroup[] = await tx.query(FIND_GROUPS, [...calls, GROUPS_MAX + 1]);
      if (groups.length > GROUPS_MAX) throw tooMuch(`more than ${GROUPS_MAX} models and prices`);
      const without = new Set((request.without_entries ?? []).map((id) => id.toLowerCase()));
      const book = bookWithDrafts(await this.books.findBook(tx, tenantId), drafts, without);
      const { terms, prices } = planPreview(groups, book, await this.overrides.list(undefined, tx), period);
      if (terms.length > TERMS_MAX) throw tooMuch(`more than ${TERMS_MAX} changes of prices`);
      return tx.query(PREVIEW_COSTS, [...calls, JSON.stringify(terms), JSON.stringify(prices)]);
    });
  }

  /** Refuses rather than queues: the connections are for changes and reads that somebody waits for. */
  private async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE_MAX) {
      throw new AppError('overloaded', {
        detail: `${AT_ONCE_MAX} previews are being computed. Try again in a moment.`,
      });
    }
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
    }
  }
}

/** Asks the rollups, which cost next to nothing: whole days, so the bound is on the days that the period touches. */
async function refuseTooMany(
  tx: EntityManager,
  tenantId: string,
  { fromMs, untilMs }: PeriodMs,
  scope: readonly (string | null)[],
): Promise<void> {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const [row]: { calls: string }[] = await tx.query(COUNT_CALLS, [tenantId, day(fromMs), day(untilMs - 1), ...scope]);
  const calls = Number(row?.calls ?? 0);
  if (calls > CALLS_MAX) throw tooMuch(`${calls} calls, more than ${CALLS_MAX}`);
}

function tooMuch(what: string): AppError {
  return new AppError('validation_failed', {
    detail: `The days of this period have ${what}. Choose a shorter period, or one provider or model.`,
    fields: [{ path: 'from', reason: `names a period with ${what}: choose a shorter one, or one provider or model` }],
  });
}

/** @throws AppError `validation_failed` for a period that is empty, lies in the future or has years of five digits. */
function periodOf({ from, to }: PreviewRequest, nowMs: number): PeriodMs {
  const fromMs = instantOf(from).getTime();
  const untilMs = Math.min(typeof to === 'string' ? instantOf(to).getTime() : nowMs, nowMs);
  if (fromMs >= untilMs) {
    throw new AppError('validation_failed', {
      fields: [{ path: 'from', reason: 'must be before to, and in the past' }],
    });
  }
  return { fromMs, untilMs };
}

function toDraft(request: DraftEntryRequest, path: string): Draft {
  const planned = planTerms(request, path);
  const ms = (text: string | null | undefined): number | null =>
    typeof text === 'string' ? instantOf(text).getTime() : null;
  const [effectiveFromMs, effectiveUntilMs] = [ms(request.effective_from), ms(request.effective_until)];
  if (effectiveUntilMs !== null && effectiveFromMs !== null && effectiveUntilMs <= effectiveFromMs) {
    throw new AppError('validation_failed', {
      fields: [{ path: `${path}effective_until`, reason: 'must be after effective_from' }],
    });
  }
  const { kind, provider, model, percent } = planned;
  return {
    provider,
    model,
    effectiveFromMs,
    effectiveUntilMs,
    terms:
      kind === 'override'
        ? { kind, price: toPriceTexts(planned) }
        : { kind, basisPoints: parsePercent(percent ?? '0') },
  };
}
