import { Injectable } from '@nestjs/common';
import type { PriceBookEntry, PriceBookTerms } from '@penstock/domain';
import { OrganizationEntity, PriceBookEntryEntity } from '@penstock/entities';
import { PRICE_BOOK_JSON, type PriceBookRow, toPriceBookEntry } from '@penstock/management';
import { DataSource, type EntityManager, In } from 'typeorm';

import type { PriceBookEntryResponse } from './price-book.response.js';

/** An entry, and what has become of it. */
export interface ListedEntry {
  readonly entry: PriceBookEntryEntity;
  readonly status: PriceBookEntryResponse['status'];
}

/** Which entries of a book are listed. */
export interface EntryFilter {
  readonly isWithHistory: boolean;
  readonly kind?: PriceBookTerms['kind'] | undefined;
  readonly id?: string | undefined;
  /** Only those older than the entry of this id. */
  readonly beforeId?: string | undefined;
  readonly limit: number;
}

/**
 * Entries with their status; $1 is the tenant, $2 now. By the rules of `entriesInForce`: an entry without end replaces
 * what is older of the same slot, one with an end covers it.
 */
const STATUSES = `
  SELECT v.*, CASE WHEN ended_at IS NOT NULL THEN 'ended' WHEN effective_until <= $2 THEN 'expired'
      WHEN replacements > 0 THEN 'replaced' WHEN effective_from > $2 THEN 'scheduled'
      WHEN covers > 0 THEN 'covered' ELSE 'in_force' END AS status
  FROM (SELECT id, seq, kind, effective_from, effective_until, ended_at,
      count(*) FILTER (WHERE effective_from <= $2 AND effective_until IS NULL
        AND (ended_at IS NULL OR ended_at > effective_from)) OVER newer AS replacements,
      count(*) FILTER (WHERE effective_from <= $2 AND effective_until > $2 AND ended_at IS NULL) OVER newer AS covers
    FROM saas.price_book_entries WHERE tenant_id = $1
    WINDOW newer AS (PARTITION BY kind, provider, model ORDER BY effective_from DESC, version DESC
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) v`;

const LIVE = `('in_force', 'covered', 'scheduled')`;

/** Storage of price books. */
@Injectable()
export class PriceBookRepository {
  constructor(private readonly dataSource: DataSource) {}

  findOrganization(organizationId: string): Promise<OrganizationEntity | null> {
    return this.dataSource.getRepository(OrganizationEntity).findOneBy({ organizationId });
  }

  /** Changes of one book follow each other: each is a version, and they are counted. */
  lockOrganization(tx: EntityManager, organizationId: string): Promise<OrganizationEntity | null> {
    return tx
      .getRepository(OrganizationEntity)
      .findOne({ where: { organizationId }, lock: { mode: 'for_no_key_update' } });
  }

  /** Newest first. */
  async list(tenantId: string, now: Date, filter: EntryFilter): Promise<ListedEntry[]> {
    const rows: { id: string; status: ListedEntry['status'] }[] = await this.dataSource.query(
      `SELECT id, status FROM (${STATUSES}) s
       WHERE ($3 OR status IN ${LIVE}) AND ($4::text IS NULL OR kind = $4) AND ($5::uuid IS NULL OR id = $5)
         AND ($6::uuid IS NULL OR seq < (SELECT seq FROM saas.price_book_entries WHERE tenant_id = $1 AND id = $6))
       ORDER BY seq DESC LIMIT $7`,
      [
        tenantId,
        now,
        filter.isWithHistory,
        filter.kind ?? null,
        filter.id ?? null,
        filter.beforeId ?? null,
        filter.limit,
      ],
    );
    const ids = rows.map(({ id }) => id);
    const entries = await this.dataSource.getRepository(PriceBookEntryEntity).findBy({ id: In(ids) });
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    return rows.flatMap(({ id, status }) => {
      const entry = byId.get(id);
      return entry === undefined ? [] : [{ entry, status }];
    });
  }

  /** Entries that may still decide about a call. */
  async countLive(tx: EntityManager, tenantId: string, now: Date): Promise<number> {
    const rows: { count: number }[] = await tx.query(
      `SELECT count(*)::integer AS count FROM (${STATUSES}) s WHERE status IN ${LIVE}`,
      [tenantId, now],
    );
    return rows[0]?.count ?? 0;
  }

  /** The book with its whole history. */
  async findBook(manager: EntityManager, tenantId: string): Promise<PriceBookEntry[]> {
    const rows: { entry: PriceBookRow }[] = await manager.query(
      `SELECT ${PRICE_BOOK_JSON('e')} AS entry FROM saas.price_book_entries e WHERE tenant_id = $1`,
      [tenantId],
    );
    return rows.map(({ entry }) => toPriceBookEntry(entry));
  }

  /** The version that comes next in a slot. */
  async nextVersion(
    tx: EntityManager,
    { tenantId, kind, provider, model }: Pick<PriceBookEntryEntity, 'tenantId' | 'kind' | 'provider' | 'model'>,
  ): Promise<number> {
    const rows: { next: number }[] = await tx.query(
      `SELECT COALESCE(max(version), 0) + 1 AS next FROM saas.price_book_entries
       WHERE tenant_id = $1 AND kind = $2 AND provider IS NOT DISTINCT FROM $3 AND model IS NOT DISTINCT FROM $4`,
      [tenantId, kind, provider, model],
    );
    return rows[0]?.next ?? 1;
  }

  async insert(tx: EntityManager, entry: Omit<PriceBookEntryEntity, 'seq'>): Promise<void> {
    await tx.getRepository(PriceBookEntryEntity).insert(entry);
  }

  lockEntry(tx: EntityManager, tenantId: string, id: string): Promise<PriceBookEntryEntity | null> {
    return tx
      .getRepository(PriceBookEntryEntity)
      .findOne({ where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  }

  async end(tx: EntityManager, id: string, endedAt: Date, endedBy: string): Promise<void> {
    await tx.getRepository(PriceBookEntryEntity).update({ id }, { endedAt, endedBy });
  }
}
